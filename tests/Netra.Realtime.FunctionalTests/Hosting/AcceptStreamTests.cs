using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.FunctionalTests.Transports;
using Netra.Realtime.Hosting;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Hosting;

/// <summary>Connections on streams that are nobody's socket.</summary>
public sealed class AcceptStreamTests : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly StreamOptions _options = new()
    {
        Path = "/agent",
        Authenticate = static (request, _) => new(request.Token is { } token ? Authentication.Of(UserId.Create(token)) : Authentication.None),
    };

    public AcceptStreamTests()
    {
        ServiceCollection services = new();
        services.AddNetraRealtime();
        _services = services.BuildServiceProvider();
    }

    private RealtimeConnections Connections => _services.GetRequiredService<RealtimeConnections>();

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task Accept_OverAPairOfPipes_ServesUntilTheClientLeaves()
    {
        (Stream server, Stream client) = Pipes();
        Task<CloseReason?> serving = Connections.AcceptAsync(server, _options);
        string head = await HandshakeAsync(client, "Authorization: Bearer alice\r\nSec-WebSocket-Protocol: netra.v1\r\n");
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Protocol: netra.v1\r\n", head, StringComparison.Ordinal);
        using WebSocket socket = WebSocket.CreateFromStream(client, new WebSocketCreationOptions());
        Assert.IsType<WelcomeMessage>(await ReceiveAsync(socket));

        _services.GetRequiredService<EventEmitterFactory>().CreateFor(UserId.Create("alice")).Emit("note", new { });
        Assert.IsType<CursorMessage>(await ReceiveAsync(socket)); // of the empty replay
        Assert.Equal("note", Assert.IsAssignableFrom<AgentEvent>(await ReceiveAsync(socket)).Type);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None).OrFail();

        Assert.Equal(1000, (await serving.OrFail())?.Code);
    }

    [Fact]
    public async Task Accept_NoCredentials_IsRefusedAndNoConnection()
    {
        (Stream server, Stream client) = Pipes();
        Task<CloseReason?> serving = Connections.AcceptAsync(server, _options);

        Assert.StartsWith("HTTP/1.1 401 ", await HandshakeAsync(client, ""), StringComparison.Ordinal);
        await client.DisposeAsync();

        Assert.Null(await serving.OrFail());
    }

    [Fact]
    public async Task Accept_GivenUpInTheHandshake_IsNoConnection()
    {
        (Stream server, Stream client) = Pipes();
        using CancellationTokenSource givesUp = new();
        Task<CloseReason?> serving = Connections.AcceptAsync(server, _options, cancellationToken: givesUp.Token);

        await givesUp.CancelAsync();

        Assert.Null(await serving.OrFail());
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Accept_OptionsWithoutAuthentication_AreRefused()
    {
        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(() => Connections.AcceptAsync(Stream.Null, new StreamOptions()));

        Assert.Contains("Authenticate", refused.Message, StringComparison.Ordinal);
    }

    private static (Stream Server, Stream Client) Pipes()
    {
        Pipe up = new();
        Pipe down = new();
        return (new PipesStream(up.Reader, down.Writer), new PipesStream(down.Reader, up.Writer));
    }

    private static async Task<string> HandshakeAsync(Stream client, string extra)
    {
        await client.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /agent HTTP/1.1\r\nHost: pipe\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {RawClient.Key}\r\nSec-WebSocket-Version: 13\r\n{extra}\r\n")).OrFail();
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await client.ReadAsync(one).OrFail() > 0)
        {
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    private static async Task<ServerMessage?> ReceiveAsync(WebSocket socket)
    {
        byte[] message = new byte[4096];
        ValueWebSocketReceiveResult result = await socket.ReceiveAsync(message.AsMemory(), CancellationToken.None).OrFail();
        return ServerMessageReader.Read(message.AsSpan(0, result.Count));
    }
}
