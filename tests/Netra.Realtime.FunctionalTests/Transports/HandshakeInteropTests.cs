using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.FunctionalTests.Transports;

/// <summary>Our handshake and framing with those of others: a client of the framework, a server of the framework, and itself.</summary>
public sealed class HandshakeInteropTests
{
    [Fact]
    public async Task Accept_AClientOfTheFramework_TalksBothWays()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using ClientWebSocket client = new();
        client.Options.AddSubProtocol("other");
        client.Options.AddSubProtocol("netra.v1");
        client.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
        Task connect = client.ConnectAsync(new Uri($"ws://{listener.LocalEndpoint}/ws"), CancellationToken.None);
        await using FramedTransport server = await AcceptAsync(listener);
        await connect.OrFail();
        Assert.Equal("netra.v1", client.SubProtocol);

        await client.SendAsync("up"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None).OrFail();
        ReceivedMessage message = await server.ReceiveAsync(1024).OrFail();
        Assert.Equal("up", Encoding.ASCII.GetString(message.Payload.ToArray()));
        await server.WriteAsync(BatchOf("down")).OrFail();
        byte[] received = new byte[100];
        Assert.Equal(4, (await client.ReceiveAsync(received.AsMemory(), CancellationToken.None).OrFail()).Count);

        Task close = client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None);
        Assert.Equal(ReceivedKind.Close, (await server.ReceiveAsync(1024).OrFail()).Kind);
        await server.CloseAsync(1000, "normal").OrFail();
        await close.OrFail();
        Assert.Equal(WebSocketState.Closed, client.State);
    }

    [Fact]
    public async Task Connect_AServerOfTheFramework_IsWelcomed()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.EndPoint).OrFail();
        ClientHandshake handshake = new(new Uri(server.Http, "/ws"), ["netra.v1"], [new(TestAuthentication.UserHeader, "alice")]);

        HandshakeResult result = await StreamHandshake.ConnectAsync(
            new NetworkStream(socket, ownsSocket: true), handshake, HandshakeLimits.Default, TimeProvider.System).OrFail();
        await using FramedTransport client = result.Transport!;
        ReceivedMessage welcome = await client.ReceiveAsync(4096).OrFail();

        Assert.Equal("netra.v1", result.Subprotocol);
        Assert.Equal("alice", Assert.IsType<WelcomeMessage>(ServerMessageReader.Read(welcome.Payload.ToArray())).UserId);
        await client.CloseAsync(1000, "").OrFail();
        ReceivedMessage message;
        do
        {
            message = await client.ReceiveAsync(4096).OrFail();
        }
        while (message.Kind == ReceivedKind.Text);
        Assert.Equal((ReceivedKind.Close, 1000), (message.Kind, message.CloseCode));
    }

    [Fact]
    public async Task Connect_ToItself_PingsAndCloseGoBothWays()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(listener.LocalEndpoint).OrFail();
        Task<HandshakeResult> connect = StreamHandshake.ConnectAsync(
            new NetworkStream(socket, ownsSocket: true), new ClientHandshake(new Uri("http://localhost/ws"), [], []), HandshakeLimits.Default, TimeProvider.System);
        await using FramedTransport server = await AcceptAsync(listener);
        await using FramedTransport client = (await connect.OrFail()).Transport!;

        Task<ReceivedMessage> atServer = server.ReceiveAsync(1024).AsTask();
        await client.PingAsync("from the client"u8.ToArray()).OrFail();
        ReceivedMessage pong = await client.ReceiveAsync(1024).OrFail();
        Assert.Equal((ReceivedKind.Pong, "from the client"), (pong.Kind, Encoding.ASCII.GetString(pong.Payload.ToArray())));

        await client.CloseAsync(4000, "done").OrFail();
        Assert.Equal((ReceivedKind.Close, 4000), ((await atServer.OrFail()).Kind, (await atServer).CloseCode));
        await server.CloseAsync(4000, "done").OrFail();
        Assert.Equal(ReceivedKind.Close, (await client.ReceiveAsync(1024).OrFail()).Kind);
    }

    private static async Task<FramedTransport> AcceptAsync(TcpListener listener)
    {
        Socket accepted = await listener.AcceptSocketAsync().OrFail();
        accepted.NoDelay = true;
        HandshakeResult result = await StreamHandshake.AcceptAsync(
            new NetworkStream(accepted, ownsSocket: true), static (head, _) => new(ServerHandshake.Answer(head, ["netra.v1"])), HandshakeLimits.Default, TimeProvider.System).OrFail();
        return result.Transport!;
    }

    private static MessageBatch BatchOf(string message)
    {
        MessageBatch batch = new();
        batch.Add(Encoding.UTF8.GetBytes(message));
        return batch;
    }
}
