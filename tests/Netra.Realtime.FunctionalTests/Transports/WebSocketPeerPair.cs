using System.Buffers;
using System.Net.WebSockets;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;

namespace Netra.Realtime.FunctionalTests.Transports;

/// <summary>A transport, and a <see cref="WebSocket"/> of the framework at the other end.</summary>
public sealed class WebSocketPeerPair : TransportPair
{
    private readonly Action _cut;

    /// <summary>Makes a pair.</summary>
    /// <param name="transport">The transport.</param>
    /// <param name="peer">The other end's stream.</param>
    /// <param name="isServer">What the other end is.</param>
    /// <param name="cut">Ends its line.</param>
    public WebSocketPeerPair(IWebSocketTransport transport, Stream peer, bool isServer, Action cut)
    {
        Transport = transport;
        Peer = WebSocket.CreateFromStream(peer, new WebSocketCreationOptions { IsServer = isServer });
        _cut = cut;
    }

    public override IWebSocketTransport Transport { get; }

    public WebSocket Peer { get; }

    public override Task SendAsync(byte[] message) => Peer.SendAsync(message, WebSocketMessageType.Text, true, CancellationToken.None).OrFail();

    public override Task SendBinaryAsync(byte[] message) => Peer.SendAsync(message, WebSocketMessageType.Binary, true, CancellationToken.None).OrFail();

    public override Task CloseAsync(int code) => Peer.CloseOutputAsync((WebSocketCloseStatus)code, "", CancellationToken.None).OrFail();

    public override void Cut() => _cut();

    public override void StopReading()
    {
        // It reads only when it is asked to.
    }

    public override async Task<byte[]> ReceiveAsync(bool isBinary = false)
    {
        ArrayBufferWriter<byte> message = new();
        ValueWebSocketReceiveResult result;
        do
        {
            result = await Peer.ReceiveAsync(message.GetMemory(4096), CancellationToken.None).OrFail();
            message.Advance(result.Count);
        }
        while (!result.EndOfMessage);

        Assert.Equal(isBinary ? WebSocketMessageType.Binary : WebSocketMessageType.Text, result.MessageType);
        return message.WrittenSpan.ToArray();
    }

    public override async Task<ClientClose> ReceiveCloseAsync()
    {
        Assert.Equal(WebSocketMessageType.Close, (await Peer.ReceiveAsync(new byte[4096].AsMemory(), CancellationToken.None).OrFail()).MessageType);
        return new ClientClose((int?)Peer.CloseStatus, Peer.CloseStatusDescription);
    }

    public override async ValueTask DisposeAsync()
    {
        await Transport.DisposeAsync();
        Peer.Dispose();
    }
}
