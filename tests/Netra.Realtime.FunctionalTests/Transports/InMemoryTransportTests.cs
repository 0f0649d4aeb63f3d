using System.Buffers;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Testing;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;

namespace Netra.Realtime.FunctionalTests.Transports;

public sealed class InMemoryTransportTests : TransportContractTests
{
    [Fact]
    public async Task Ping_OfOurs_IsAnsweredByThePeerAndNoMessage()
    {
        await using InMemoryTransport transport = new();

        await transport.PingAsync(new byte[] { 1, 2 }).OrFail();

        Assert.Equal(8, transport.ReceivedBytes); // a masked frame of two bytes
        ReceivedMessage pong = await transport.ReceiveAsync(1024).OrFail();
        Assert.Equal((ReceivedKind.Pong, 2), (pong.Kind, pong.Payload.Length));
        Assert.Equal([1, 2], pong.Payload.ToArray());
        Assert.False(transport.Outbound.TryRead(out _));
    }

    [Fact]
    public async Task Ping_WhileThePeerDoesNotRead_WaitsAndIsThenAnswered()
    {
        await using InMemoryTransport transport = new();
        transport.Stall();

        Task ping = transport.PingAsync(new byte[] { 1 }).AsTask();
        Assert.False(ping.IsCompleted);
        Assert.Equal(0, transport.ReceivedBytes);
        transport.Resume();

        await ping.OrFail();
        Assert.Equal(ReceivedKind.Pong, (await transport.ReceiveAsync(1024).OrFail()).Kind);
    }

    [Fact]
    public async Task Peer_ThatHasGoneSilent_SendsNothing()
    {
        await using InMemoryTransport transport = new();
        Task<ReceivedMessage> receive = transport.ReceiveAsync(1024).AsTask();
        transport.GoSilent();

        await transport.PingAsync(new byte[] { 1 }).OrFail();
        transport.ClientSend("lost");
        transport.ClientClose();

        Assert.False(receive.IsCompleted);
        Assert.Equal(0, transport.ReceivedBytes);
        transport.Abort();
        Assert.Equal(ReceivedKind.Ended, (await receive.OrFail()).Kind);
    }

    protected override Task<TransportPair> CreateAsync() => Task.FromResult<TransportPair>(new Pair());

    private sealed class Pair : TransportPair
    {
        private readonly InMemoryTransport _transport = new();

        public override IWebSocketTransport Transport => _transport;

        public override Task SendAsync(byte[] message)
        {
            _transport.ClientSend(message);
            return Task.CompletedTask;
        }

        public override Task SendBinaryAsync(byte[] message)
        {
            _transport.ClientSendBinary(message);
            return Task.CompletedTask;
        }

        public override Task CloseAsync(int code)
        {
            _transport.ClientClose(code);
            return Task.CompletedTask;
        }

        public override void Cut() => _transport.Cut();

        public override void StopReading() => _transport.Stall();

        // No frames, so nothing that could say what kind a message is.
        public override Task<byte[]> ReceiveAsync(bool isBinary = false) => _transport.Outbound.ReadAsync().OrFail();

        public override async Task<ClientClose> ReceiveCloseAsync() =>
            await _transport.Closed.OrFail() is { } close ? new ClientClose(close.Code, close.Reason) : default;

        public override ValueTask DisposeAsync() => _transport.DisposeAsync();
    }
}
