using System.Buffers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.SystemNet;

namespace Netra.Realtime.FunctionalTests.Transports;

public sealed class WebSocketServerTransportTests : WebSocketTransportTests
{
    protected override bool IsServer => true;
}

public sealed class WebSocketClientTransportTests : WebSocketTransportTests
{
    protected override bool IsServer => false;
}

/// <summary>The contract over two sockets of the loopback, and what only this transport can meet.</summary>
public abstract class WebSocketTransportTests : TransportContractTests
{
    protected abstract bool IsServer { get; }

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
    }

    [Theory]
    [InlineData(128, false)]
    [InlineData(129, true)]
    public async Task Receive_EmptyFragmentsAtAndAboveTheMost_AreReadAndAViolation(int count, bool isViolation)
    {
        await using WebSocketPeerPair pair = await ConnectAsync();
        await pair.Peer.SendAsync(Array.Empty<byte>(), WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None); // the beginning
        for (int i = 0; i < count; i++)
        {
            await pair.Peer.SendAsync(Array.Empty<byte>(), WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None);
        }

        await pair.Peer.SendAsync("end"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

        Task<ReceivedMessage> receive = pair.Transport.ReceiveAsync(1024).OrFail();
        if (isViolation)
        {
            Assert.Equal(CloseReason.PolicyViolation, (await Assert.ThrowsAsync<RealtimeProtocolException>(() => receive)).CloseReason);
        }
        else
        {
            Assert.Equal("end", Encoding.UTF8.GetString((await receive).Payload.ToArray()));
        }
    }

    [Fact]
    public async Task Receive_InvalidUtf8_IsAViolationThatThePeerIsTold()
    {
        await using WebSocketPeerPair pair = await ConnectAsync();

        await pair.Peer.SendAsync(new byte[] { 0xc3, 0x28 }, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

        await Assert.ThrowsAsync<RealtimeProtocolException>(() => pair.Transport.ReceiveAsync(1024).OrFail());
        await pair.Transport.DrainAsync().OrFail(); // over at once
        Assert.Equal(1007, (await pair.ReceiveCloseAsync()).Code);
    }

    [Fact]
    public async Task Receive_Idle_HoldsNoBuffer()
    {
        using WaitingSocket socket = new();
        await using WebSocketTransport transport = new(socket);

        Task<ReceivedMessage> receive = transport.ReceiveAsync(1024).AsTask();

        Assert.False(receive.IsCompleted);
        Assert.Equal(0, socket.WaitsWithBytes);
        socket.Abort();
        Assert.Equal(ReceivedKind.Ended, (await receive.OrFail()).Kind);
    }

    [Fact]
    public async Task Abort_MoreThanTheSocket_IsEndedToo()
    {
        using WaitingSocket socket = new();
        int aborts = 0;
        await using WebSocketTransport transport = new(socket, () => aborts++);

        transport.Abort();

        Assert.Equal((1, WebSocketState.Aborted), (aborts, socket.State));
    }

    protected override async Task<TransportPair> CreateAsync() => await ConnectAsync();

    private async Task<WebSocketPeerPair> ConnectAsync()
    {
        (Socket socket, Socket peer) = await LoopbackSockets.ConnectAsync();
        return new WebSocketPeerPair(
            new WebSocketTransport(WebSocket.CreateFromStream(new NetworkStream(socket, ownsSocket: true), new WebSocketCreationOptions { IsServer = IsServer })),
            new NetworkStream(peer, ownsSocket: true),
            isServer: !IsServer,
            peer.Dispose);
    }

    /// <summary>A socket on which nothing ever comes.</summary>
    private sealed class WaitingSocket : WebSocket
    {
        private readonly TaskCompletionSource<ValueWebSocketReceiveResult> _receive = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private WebSocketState _state = WebSocketState.Open;

        public int? WaitsWithBytes { get; private set; }

        public override WebSocketCloseStatus? CloseStatus => null;

        public override string? CloseStatusDescription => null;

        public override WebSocketState State => _state;

        public override string? SubProtocol => null;

        public override ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            WaitsWithBytes = buffer.Length;
            return new ValueTask<ValueWebSocketReceiveResult>(_receive.Task);
        }

        public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override void Abort()
        {
            _state = WebSocketState.Aborted;
            _receive.TrySetException(new WebSocketException(WebSocketError.ConnectionClosedPrematurely));
        }

        public override void Dispose() => Abort();
    }
}
