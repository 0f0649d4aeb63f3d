using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Handshake;

/// <summary>RFC 8441: the same endpoint by extended <c>CONNECT</c>, here over cleartext with prior knowledge.</summary>
public sealed class Http2Tests : IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Run_OverHttp2_ArrivesAndMessagesAreAnswered()
    {
        await using RealtimeServer server = await StartAsync();
        await using TestClient client = await OpenAsync(server, "alice");
        Assert.Equal("alice", Assert.IsType<WelcomeMessage>(await client.NextAsync()).UserId);

        await using RunEmitter run = server.EmitterFor("alice").StartRun("researcher");
        run.Respond("hello");
        run.Complete();

        Assert.Equal(["agent_started", "agent_responding", "agent_completed"], (await client.ReadRunAsync()).Select(e => e.Type));
        Assert.Empty(await client.PingAsync());
        Assert.Equal("netra.v1", client.SubProtocol);
        Assert.Equal(1000, (await client.CloseAsync()).Code);
    }

    [Fact]
    public async Task Connection_OverHttp2ManyHeartbeatsLong_StaysAlive()
    {
        await using RealtimeServer server = await StartAsync(options =>
        {
            options.Heartbeat.Interval = TimeSpan.FromMilliseconds(100);
            options.Heartbeat.Timeout = TimeSpan.FromSeconds(5);
        });
        await using TestClient client = await OpenAsync(server, "alice");

        // Silent, but for one event at the end: only the heartbeat speaks.
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(1_500));
        await timer.WaitForNextTickAsync();
        server.EmitterFor("alice").Emit("note", new { });

        Assert.Equal(1, (await client.NextEventAsync()).Id.Sequence);
        Assert.Empty(await client.PingAsync());
    }

    [Fact]
    public async Task Connection_OverHttp2LongerSilentThanASlowUploadMayBe_StaysAlive()
    {
        await using RealtimeServer server = await StartAsync(); // its first ping comes after 45 s
        await using TestClient client = await OpenAsync(server, "alice");

        // Kestrel cuts a request body off that is slower than 240 bytes a second, after 5 s: not this one.
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(7));
        await timer.WaitForNextTickAsync();
        server.EmitterFor("alice").Emit("note", new { });

        Assert.Equal(1, (await client.NextEventAsync()).Id.Sequence);
        Assert.Empty(await client.PingAsync());
    }

    [Theory]
    [InlineData("alice", 426)]
    [InlineData(null, 401)]
    public async Task PlainGet_OverHttp2_AnswersAsOverHttp11(string? user, int status)
    {
        await using RealtimeServer server = await StartAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(server.Http, "/ws")) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (user is not null)
        {
            request.Headers.Add(TestAuthentication.UserHeader, user);
        }

        using HttpResponseMessage response = await _http.SendAsync(request, CancellationToken.None).OrFail();

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Connections_OverOneHttp2Connection_AreEachTheirUsersOwn()
    {
        await using RealtimeServer server = await StartAsync();
        await using TestClient alice = await OpenAsync(server, "alice");
        await using TestClient bob = await OpenAsync(server, "bob");

        server.EmitterFor("alice").Emit("note", new { });
        Assert.Equal(1, (await alice.NextEventAsync()).Id.Sequence);
        Assert.IsType<WelcomeMessage>(await bob.NextAsync());
        Assert.Empty(await bob.PingAsync());

        alice.Abort(); // a stream, not the connection
        server.EmitterFor("bob").Emit("note", new { });
        Assert.Equal(1, (await bob.NextEventAsync()).Id.Sequence);
    }

    [Fact]
    public async Task Connect_OverHttp2AboveTheLimit_IsClosedWithItsReason()
    {
        await using RealtimeServer server = await StartAsync(options => options.Limits.MaxConnectionsPerUser = 1);
        await using TestClient first = await OpenAsync(server, "alice");
        Assert.IsType<WelcomeMessage>(await first.NextAsync());

        await using TestClient second = await OpenAsync(server, "alice");

        Assert.Equal(new ClientClose(1013, "user connection limit"), await second.Closed);
    }

    [Fact]
    public async Task Stop_ConnectionOverHttp2_IsClosedForTheRestart()
    {
        await using RealtimeServer server = await StartAsync();
        await using TestClient client = await OpenAsync(server, "alice");
        Assert.IsType<WelcomeMessage>(await client.NextAsync());

        await server.StopAsync();

        Assert.Equal(new ClientClose(1012, "service restart"), await client.Closed);
    }

    private static Task<RealtimeServer> StartAsync(Action<DependencyInjection.RealtimeOptions>? options = null) => RealtimeServer.StartAsync(setup =>
    {
        setup.UsesListener = false;
        setup.Protocols = HttpProtocols.Http2;
        setup.Options = options ?? setup.Options;
    });

    private Task<TestClient> OpenAsync(RealtimeServer server, string user) => TestClient.OpenAsync(
        server.WebSocket,
        options =>
        {
            options.HttpVersion = HttpVersion.Version20;
            options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            options.AddSubProtocol("netra.v1");
            options.SetRequestHeader(TestAuthentication.UserHeader, user);
        },
        _http);
}
