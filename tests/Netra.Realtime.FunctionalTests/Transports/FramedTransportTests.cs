using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.FunctionalTests.Transports;

/// <summary>The contract over own framing, with the framework's WebSocket as peer, and what only this transport can do. A class for each stream and role.</summary>
public abstract class FramedTransportTests : TransportContractTests
{
    // The contract looks whether a drain still waits: a machine that is slow today must not have it end by its time.
    private static readonly FramingLimits Patient = new() { DrainTimeout = TestTimeout.Net };

    protected abstract bool IsServer { get; }

    [Fact]
    public async Task Ping_PeerReads_ThePongComesWithItsPayload()
    {
        await using WebSocketPeerPair pair = await ConnectAsync();
        Task<byte[]> peer = pair.ReceiveAsync(); // it answers while it reads

        await pair.Transport.PingAsync("17"u8.ToArray()).OrFail();
        ReceivedMessage pong = await pair.Transport.ReceiveAsync(1024).OrFail();

        Assert.Equal((ReceivedKind.Pong, "17"), (pong.Kind, Encoding.ASCII.GetString(pong.Payload.ToArray())));
        Assert.False(peer.IsCompleted);
    }

    [Fact]
    public async Task Receive_AMessageInFragments_ComesWhole()
    {
        await using WebSocketPeerPair pair = await ConnectAsync();
        byte[] message = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("\u2713\ud83d\ude00x", 2_000)));

        for (int at = 0; at < message.Length; at += 777)
        {
            await pair.Peer.SendAsync(message.AsMemory(at, Math.Min(777, message.Length - at)), WebSocketMessageType.Text, at + 777 >= message.Length, CancellationToken.None);
        }

        ReceivedMessage received = await pair.Transport.ReceiveAsync(message.Length).OrFail();
        Assert.Equal(message, received.Payload.ToArray());
        Assert.InRange(pair.Transport.ReceivedBytes, message.Length, message.Length + 1024);
    }

    [Fact]
    public async Task Receive_AMessageOf16MiB_ComesWhole()
    {
        const int Largest = 16 * 1024 * 1024;
        await using WebSocketPeerPair pair = await ConnectAsync();
        byte[] message = [.. Enumerable.Range(0, Largest).Select(i => (byte)('a' + (i % 23)))];
        Task send = pair.SendAsync(message);

        ReceivedMessage received = await pair.Transport.ReceiveAsync(Largest).OrFail();

        await send;
        Assert.True(message.AsSpan().SequenceEqual(received.Payload.ToArray()));
    }

    [Fact]
    public async Task Receive_InvalidUtf8_IsAViolationThatThePeerIsTold()
    {
        await using WebSocketPeerPair pair = await ConnectAsync();

        await pair.Peer.SendAsync(new byte[] { 0xc3, 0x28 }, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

        RealtimeProtocolException violation = await Assert.ThrowsAsync<RealtimeProtocolException>(() => pair.Transport.ReceiveAsync(1024).OrFail());
        Assert.Equal(CloseReason.InvalidUtf8, violation.CloseReason);
        Task drain = pair.Transport.DrainAsync().AsTask();
        await pair.Transport.CloseAsync(1007, "invalid UTF-8").OrFail();
        Assert.Equal(1007, (await pair.ReceiveCloseAsync()).Code);
        await pair.CloseAsync(1007);
        await drain.OrFail();
    }

    [Fact]
    public async Task Close_WhileAWriteIsRead_ArrivesBehindIt()
    {
        await using WebSocketPeerPair pair = await ConnectAsync();
        MessageBatch batch = new();
        batch.Add(new byte[4 * 1024 * 1024].AsSpan());
        Task write = pair.Transport.WriteAsync(batch).AsTask();

        Assert.Equal(4 * 1024 * 1024, (await pair.ReceiveAsync()).Length);
        await write.OrFail();
        await pair.Transport.CloseAsync(1001, "going away").OrFail();

        Assert.Equal(1001, (await pair.ReceiveCloseAsync()).Code);
    }

    protected override async Task<TransportPair> CreateAsync() => await ConnectAsync();

    protected abstract Task<Line> OpenAsync();

    private async Task<WebSocketPeerPair> ConnectAsync()
    {
        Line line = await OpenAsync();
        return new WebSocketPeerPair(new FramedTransport(line.Own, IsServer, TimeProvider.System, line.Abort, Patient, default), line.Peer, !IsServer, line.Cut);
    }

    /// <summary>Two streams that are one connection.</summary>
    /// <param name="Own">Of the transport.</param>
    /// <param name="Peer">The other end.</param>
    /// <param name="Cut">Ends it at the other end.</param>
    /// <param name="Abort">What ends it at this end beside the stream.</param>
    protected sealed record Line(Stream Own, Stream Peer, Action Cut, Action? Abort = null);
}
