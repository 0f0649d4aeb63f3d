using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Hosting;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Hosting;

/// <summary>The listener of its own, as a host without ASP.NET Core has it. What every host does is tested with the rest of the functional tests.</summary>
public sealed class RealtimeListenerTests
{
    [Fact]
    public async Task Host_WithoutAspNetCore_ListensServesAndStops()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddNetraRealtime().AddListener(listener =>
        {
            listener.EndPoint = new IPEndPoint(IPAddress.Loopback, 0);
            listener.Authenticate = static (request, _) => new(Authentication.Of(UserId.Create(request.Cookie("user"))));
        });
        using IHost host = builder.Build();
        await host.StartAsync().OrFail();
        IPEndPoint address = host.Services.GetRequiredService<RealtimeListener>().LocalEndPoint;
        await using TestClient client = await TestClient.OpenAsync(
            new Uri($"ws://{address}/ws"), static options => options.SetRequestHeader("Cookie", "theme=dark; user=alice"));
        Assert.Equal("alice", Assert.IsType<WelcomeMessage>(await client.NextAsync()).UserId);

        host.Services.GetRequiredService<EventEmitterFactory>().CreateFor(UserId.Create("alice")).Emit("note", new { });
        Assert.Equal(1, (await client.NextEventAsync()).Id.Sequence);
        await host.StopAsync().OrFail();

        Assert.Equal(1012, (await client.Closed).Code);
        using Socket late = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(address));
    }

    [Fact]
    public async Task Tls_ClientThatTrustsTheCertificate_IsServed()
    {
        await using RealtimeServer server = await StartAsync(static listener => listener.Tls = TestCertificate.ServerOptions);

        await using TestClient client = await TestClient.OpenAsync(new Uri($"wss://localhost:{server.EndPoint.Port}/ws"), static options =>
        {
            options.SetRequestHeader(TestAuthentication.UserHeader, "alice");
            options.RemoteCertificateValidationCallback = static (_, shown, _, _) => TestCertificate.Trusts(shown);
        });
        Assert.IsType<WelcomeMessage>(await client.NextAsync());
        server.EmitterFor("alice").Emit("note", new { Text = new string('x', 40_000) });

        Assert.Equal(1, (await client.NextEventAsync()).Id.Sequence);
        Assert.Empty(await client.PingAsync());
        Assert.Equal(1000, (await client.CloseAsync()).Code);
    }

    [Fact]
    public async Task Tls_PlainTextOrSilence_CostsThatSocketAndNobodyElse()
    {
        await using RealtimeServer server = await StartAsync(static listener =>
        {
            listener.Tls = TestCertificate.ServerOptions;
            listener.HandshakeTimeout = TimeSpan.FromSeconds(1);
        });
        using RawClient plain = await RawClient.ConnectAsync(server.EndPoint);
        using RawClient silent = await RawClient.ConnectAsync(server.EndPoint);

        await plain.WriteAsync("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());

        await plain.WhenEndedAsync();
        await silent.WhenEndedAsync();
        using RawClient next = await RawClient.ConnectTlsAsync(server.EndPoint);
        Assert.Equal(101, (await next.HandshakeAsync(server, "alice")).Status);
    }

    [Fact]
    public async Task Handshake_TricklesIn_IsCutAtItsDeadlineAndNobodyElseNotices()
    {
        await using RealtimeServer server = await StartAsync(static listener => listener.HandshakeTimeout = TimeSpan.FromSeconds(1));
        await using TestClient neighbour = await TestClient.ConnectAsync(server, "alice");
        using RawClient slow = await RawClient.ConnectAsync(server.EndPoint);
        await slow.WriteAsync("GET /ws HTTP/1.1\r\nX-Slow: "u8.ToArray());

        await slow.WhenEndedAsync();

        Assert.Equal(1, server.Registry.Count);
        Assert.Empty(await neighbour.PingAsync());
    }

    [Fact]
    public async Task MaxHandshakes_AllTaken_TheNextIsServedWhenOneEnds()
    {
        await using RealtimeServer server = await StartAsync(static listener => listener.MaxHandshakes = 1);
        RawClient holds = await RawClient.ConnectAsync(server.EndPoint);
        await holds.WriteAsync("GET /ws HTTP/1.1\r\n"u8.ToArray());
        using RawClient waits = await RawClient.ConnectAsync(server.EndPoint); // in the kernel

        Task<RawResponse> response = waits.HandshakeAsync(server, "alice");
        Assert.Equal(0, server.Registry.Count);
        holds.Dispose();

        Assert.Equal(101, (await response).Status);
    }

    [Fact]
    public async Task MaxAcceptsPerSecond_AllTaken_TheNextIsServedWhenItsTimeHasCome()
    {
        FakeTimeProvider time = new();
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.UsesListener = true;
            setup.Listener = static listener => listener.MaxAcceptsPerSecond = 1;
            setup.Services = services => services.AddSingleton<TimeProvider>(time);
        });
        using RawClient first = await RawClient.OpenAsync(server, "alice");
        Assert.NotNull(await first.ReadFrameAsync()); // it is there, and not only accepted
        using RawClient second = await RawClient.ConnectAsync(server.EndPoint); // in the kernel
        Task<RawResponse> response = second.HandshakeAsync(server, "bob");
        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(1, server.Registry.Count);

        time.Advance(TimeSpan.FromMilliseconds(1_001)); // the delay may have begun after the first advance

        Assert.Equal(101, (await response).Status);
    }

    [Theory]
    [InlineData("GET /other HTTP/1.1", "", "alice", 404)]
    [InlineData("GET /ws/ HTTP/1.1", "", "alice", 404)]
    [InlineData("GET /ws HTTP/1.1", "", null, 401)]
    [InlineData("GET /ws?access_token=secret HTTP/1.1", "", "alice", 400)]
    [InlineData("GET /ws HTTP/1.1", "Origin: https://evil.example\r\n", "alice", 403)]
    [InlineData("GET /ws HTTP/1.1", "Sec-WebSocket-Version: 12\r\n", "alice", 426)]
    [InlineData("GET /ws HTTP/1.1", "Content-Length: 5\r\n", "alice", 400)]
    [InlineData("POST /ws HTTP/1.1", "", "alice", 400)]
    [InlineData("GET http://localhost/ws?start=live HTTP/1.1", "", "alice", 101)]
    [InlineData("GET http://localhost?token=secret&x=/ws HTTP/1.1", "", "alice", 404)]
    [InlineData("GET http://elsewhere/ws HTTP/1.1", "", "alice", 400)]
    [InlineData("OPTIONS /ws HTTP/1.1", "", "alice", 404)]
    public async Task Request_OfAnyKind_IsAnsweredAsUnderAspNetCore(string line, string extra, string? user, int status)
    {
        await using RealtimeServer server = await StartAsync();
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
        string version = extra.StartsWith("Sec-WebSocket-Version", StringComparison.Ordinal) ? "" : "Sec-WebSocket-Version: 13\r\n";
        string who = user is null ? "" : $"{TestAuthentication.UserHeader}: {user}\r\n";

        await client.WriteAsync(Encoding.ASCII.GetBytes(
            $"{line}\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {RawClient.Key}\r\n{version}{who}{extra}\r\n"));
        RawResponse response = await client.ReadResponseAsync();

        Assert.Equal(status, response.Status);
        Assert.Equal(status == 101 ? null : "no-store", response["Cache-Control"]);
        Assert.Equal(status == 426 ? "13" : null, response["Sec-WebSocket-Version"]);
        Assert.DoesNotContain(server.Logs.All, text => text.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Authenticate_Throws_IsAnsweredWith500AndLogged()
    {
        await using RealtimeServer server = await StartAsync(static listener =>
            listener.Authenticate = static (_, _) => throw new InvalidOperationException("the directory is down"));
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        Assert.Equal(500, (await client.HandshakeAsync(server, "alice")).Status);
        Assert.Contains(server.Logs.All, line => line.Contains("the directory is down", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Authenticate_ReturnsNothing_IsAnsweredWith500AndLogged()
    {
        await using RealtimeServer server = await StartAsync(static listener => listener.Authenticate = static (_, _) => new((Authentication)null!));
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        Assert.Equal(500, (await client.HandshakeAsync(server, "alice")).Status);
        Assert.Contains(server.Logs.All, line => line.Contains("Authenticate returned null", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Authenticate_Blocks_TheNextIsServed()
    {
        using ManualResetEventSlim gate = new();
        await using RealtimeServer server = await StartAsync(listener =>
        {
            Func<HandshakeRequest, CancellationToken, ValueTask<Authentication>> usual = listener.Authenticate;
            listener.Authenticate = (request, cancellationToken) =>
            {
                if (request.Header(TestAuthentication.UserHeader) == "slow")
                {
                    gate.Wait(TestTimeout.Net, CancellationToken.None);
                }

                return usual(request, cancellationToken);
            };
        });
        using RawClient slow = await RawClient.ConnectAsync(server.EndPoint);
        Task<RawResponse> waits = slow.HandshakeAsync(server, "slow");

        await using TestClient next = await TestClient.ConnectAsync(server, "alice");
        Assert.Empty(await next.PingAsync());
        gate.Set();

        Assert.Equal(101, (await waits).Status);
    }

    [Theory]
    [InlineData("/ws", "https://app.example.com", true)]
    [InlineData("/ws", "https://evil.example", false)]
    [InlineData("/other", "https://app.example.com", false)]
    public async Task Preflight_OfAPage_IsAllowedForThoseThatMayConnect(string path, string origin, bool isAllowed)
    {
        await using RealtimeServer server = await StartAsync(static listener => listener.AllowedOrigins.Add("https://app.example.com"));
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        await client.WriteAsync(Encoding.ASCII.GetBytes(
            $"OPTIONS {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n\r\n"));
        RawResponse response = await client.ReadResponseAsync();

        Assert.Equal(isAllowed ? 200 : 404, response.Status);
        Assert.Equal(isAllowed ? "Authorization" : null, response["Access-Control-Allow-Headers"]);
        Assert.Equal(isAllowed || (path != "/ws" && origin.Contains("app", StringComparison.Ordinal)) ? origin : null, response["Access-Control-Allow-Origin"]);
    }

    [Fact]
    public async Task Refusal_ToAPageThatMayConnect_CanBeRead()
    {
        await using RealtimeServer server = await StartAsync(static listener => listener.AllowedOrigins.Add("https://app.example.com"));
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
        using RawClient foreign = await RawClient.ConnectAsync(server.EndPoint);

        RawResponse response = await client.HandshakeAsync(server, null, new() { ["Origin"] = "https://app.example.com" });
        RawResponse other = await foreign.HandshakeAsync(server, null, new() { ["Origin"] = "https://evil.example" });

        Assert.Equal((401, "https://app.example.com", "true"), (response.Status, response["Access-Control-Allow-Origin"], response["Access-Control-Allow-Credentials"]));
        Assert.Equal((401, null), (other.Status, other["Access-Control-Allow-Origin"]));
    }

    [Fact]
    public async Task Origin_BehindATlsProxy_IsThatOfHttps()
    {
        await using RealtimeServer server = await StartAsync(static listener => listener.IsBehindTls = true);
        using RawClient secure = await RawClient.ConnectAsync(server.EndPoint);
        using RawClient plain = await RawClient.ConnectAsync(server.EndPoint);

        Assert.Equal(101, (await secure.HandshakeAsync(server, "alice", new() { ["Origin"] = $"https://{server.Http.Authority}" })).Status);
        Assert.Equal(403, (await plain.HandshakeAsync(server, "alice", new() { ["Origin"] = $"http://{server.Http.Authority}" })).Status);
    }

    [Fact]
    public async Task Authenticate_NeverAnswers_IsCutAtTheDeadline()
    {
        TaskCompletionSource<Authentication> never = new();
        await using RealtimeServer server = await StartAsync(listener =>
        {
            listener.HandshakeTimeout = TimeSpan.FromSeconds(1);
            listener.Authenticate = (_, _) => new(never.Task);
        });
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
        await client.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {RawClient.Key}\r\nSec-WebSocket-Version: 13\r\n\r\n"));

        await client.WhenEndedAsync();

        Assert.Equal(0, server.Registry.Count);
    }

    [Fact]
    public async Task Close_PeerThatReadsNothing_IsNotKeptByTheKernelForEver()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // elsewhere the kernel's own patience decides
        }

        await using RealtimeServer server = await StartAsync(
            options: static options =>
            {
                options.Delivery.CloseTimeout = TimeSpan.FromMilliseconds(300);
                options.Delivery.SendBufferBytes = 64 * 1024;
            });
        using CloseWatch closes = new(server);
        using RawClient slow = await RawClient.OpenAsync(server, "alice", receiveBufferBytes: 4096);
        UserEventEmitter emitter = server.EmitterFor("alice");
        EmitResult emitted = emitter.Emit("note", new { Text = new string('x', 30_000) });
        Assert.Equal(DeliveryOutcome.Delivered, await emitter.WhenDeliveredAsync(emitted.EventId).OrFail()); // all of it in the kernel

        await slow.SendAsync(RawClient.Close, [0x03, 0xe8]);

        await closes.WhenClosedAsync(1000);
        await slow.WhenResetAsync();
    }

    [Fact]
    public async Task Handshakes_OfEachEnd_AreCounted()
    {
        await using RealtimeServer server = await StartAsync(static listener =>
        {
            listener.Tls = TestCertificate.ServerOptions;
            listener.HandshakeTimeout = TimeSpan.FromSeconds(1);
        });
        using HandshakeWatch watch = new(server);
        using RawClient accepted = await RawClient.ConnectTlsAsync(server.EndPoint);
        await accepted.HandshakeAsync(server, "alice");
        await watch.WhenEndedAsync("accepted");
        using RawClient refused = await RawClient.ConnectTlsAsync(server.EndPoint);
        await refused.HandshakeAsync(server, null);
        refused.Dispose();
        await watch.WhenEndedAsync("refused_4xx");
        using RawClient silent = await RawClient.ConnectTlsAsync(server.EndPoint);
        await watch.WhenEndedAsync("timed_out");
        using RawClient leaves = await RawClient.ConnectTlsAsync(server.EndPoint);
        leaves.Dispose();
        await watch.WhenEndedAsync("left");
        using RawClient plain = await RawClient.ConnectAsync(server.EndPoint);
        await plain.WriteAsync(new byte[64]);

        await watch.WhenEndedAsync("left", times: 2);
    }

    [Fact]
    public async Task Stop_WhileAHandshakeIsUnderWay_EndsIt()
    {
        RealtimeServer server = await StartAsync();
        using RawClient half = await RawClient.ConnectAsync(server.EndPoint);
        await half.WriteAsync("GET /ws HTTP/1.1\r\n"u8.ToArray());

        await server.DisposeAsync();

        await half.WhenEndedAsync();
    }

    [Fact]
    public async Task Start_Twice_IsTheCallersMistake()
    {
        await using RealtimeServer server = await StartAsync();
        Assert.Throws<InvalidOperationException>(server.Services.GetRequiredService<RealtimeListener>().Start);
    }

    [Fact]
    public async Task Start_AddressTaken_Throws()
    {
        await using RealtimeServer server = await StartAsync();
        await using RealtimeListener second = new(server.Services.GetRequiredService<RealtimeConnections>(), new RealtimeListenerOptions
        {
            EndPoint = server.EndPoint,
            Authenticate = static (_, _) => new(Authentication.None),
        });

        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(second.Start).SocketErrorCode);
        Assert.Throws<InvalidOperationException>(() => second.LocalEndPoint);
    }

    private static Task<RealtimeServer> StartAsync(
        Action<RealtimeListenerOptions>? listener = null, Action<DependencyInjection.RealtimeOptions>? options = null) => RealtimeServer.StartAsync(setup =>
        {
            setup.UsesListener = true;
            setup.Listener = listener ?? setup.Listener;
            setup.Options = options ?? setup.Options;
        });
}
