using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Handshake;

public sealed class ConnectRateTests
{
    public static TheoryData<bool> Hosts => new(false, true);

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task User_OneConnectMoreThanAllowed_Is429UntilItsTimeHasComeAndNobodyElseIs(bool listener)
    {
        FakeTimeProvider time = new();
        await using RealtimeServer server = await StartAsync(listener, time, options => (options.Limits.ConnectsPerSecondPerUser, options.Limits.ConnectBurstPerUser) = (1, 2));
        using CloseWatch closes = new(server);
        await OpenAndLeaveAsync(server, "alice");
        await OpenAndLeaveAsync(server, "alice");

        using RawClient refused = await RawClient.ConnectAsync(server.EndPoint);
        RawResponse response = await refused.HandshakeAsync(server, "alice");

        Assert.Equal((429, "2"), (response.Status, response["Retry-After"]));
        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(server, "alice"));
        await OpenAndLeaveAsync(server, "bob");
        time.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(HttpStatusCode.UpgradeRequired, await AskAsync(server, "alice")); // asking takes nothing
        }

        await OpenAndLeaveAsync(server, "alice");
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Address_OneConnectMoreThanAllowed_Is429WhoeverItIs(bool listener)
    {
        FakeTimeProvider time = new();
        await using RealtimeServer server = await StartAsync(listener, time, options => (options.Limits.ConnectsPerSecondPerAddress, options.Limits.ConnectBurstPerAddress) = (1, 2));
        await OpenAndLeaveAsync(server, "alice");
        await OpenAndLeaveAsync(server, "bob");

        using RawClient refused = await RawClient.ConnectAsync(server.EndPoint);
        Assert.Equal(429, (await refused.HandshakeAsync(server, "carol")).Status);
        using RawClient nobody = await RawClient.ConnectAsync(server.EndPoint);
        Assert.Equal(429, (await nobody.HandshakeAsync(server, null)).Status); // before it is asked who it is
        time.Advance(TimeSpan.FromSeconds(1));

        await OpenAndLeaveAsync(server, "carol");
    }

    // Only what ASP.NET Core itself believes is believed.
    [Theory]
    [InlineData(false, 429)]
    [InlineData(true, 101)]
    public async Task Address_InAForwardedHeader_CountsOnlyBehindTheMiddleware(bool hasMiddleware, int expected)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.UsesListener = false;
            setup.Options = options => (options.Limits.ConnectsPerSecondPerAddress, options.Limits.ConnectBurstPerAddress) = (1, 1);
            setup.Services = services => services.AddSingleton<TimeProvider>(new FakeTimeProvider());
            setup.App = app =>
            {
                if (hasMiddleware)
                {
                    app.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor });
                }
            };
        });
        using RawClient first = await RawClient.ConnectAsync(server.EndPoint);
        Assert.Equal(101, (await first.HandshakeAsync(server, "alice", new() { ["X-Forwarded-For"] = "203.0.113.1" })).Status);

        using RawClient second = await RawClient.ConnectAsync(server.EndPoint);

        Assert.Equal(expected, (await second.HandshakeAsync(server, "bob", new() { ["X-Forwarded-For"] = "203.0.113.2" })).Status);
    }

    [Fact]
    public async Task Endpoint_WithAspNetCoresRateLimiter_IsRefusedByIt()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.UsesListener = false;
            setup.Services = services => services.AddRateLimiter(limiter =>
            {
                limiter.RejectionStatusCode = 429;
                limiter.AddFixedWindowLimiter("connects", window => (window.PermitLimit, window.Window) = (1, TimeSpan.FromHours(1)));
            });
            setup.App = app => app.UseRateLimiter();
            setup.Route = route => route.RequireRateLimiting("connects");
        });
        await OpenAndLeaveAsync(server, "alice");

        using RawClient refused = await RawClient.ConnectAsync(server.EndPoint);

        Assert.Equal(429, (await refused.HandshakeAsync(server, "alice")).Status);
    }

    [Fact]
    public async Task Listener_MoreOfOneAddressThatShakeHands_AreClosedAndTheOthersAreServed()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.UsesListener = true;
            setup.Listener = listener => listener.MaxHandshakesPerAddress = 2;
        });
        using RawClient one = await RawClient.ConnectAsync(server.EndPoint);
        using RawClient two = await RawClient.ConnectAsync(server.EndPoint);
        await one.WriteAsync("GET /ws HTTP/1.1\r\n"u8.ToArray());
        await two.WriteAsync("GET /ws HTTP/1.1\r\n"u8.ToArray());

        using RawClient third = await RawClient.ConnectAsync(server.EndPoint);
        await third.WhenEndedAsync();
        two.Dispose();

        // The server sees that it left a moment later: whoever comes before is closed too, and comes again.
        for (int attempts = 0; ; attempts++)
        {
            using RawClient next = await RawClient.ConnectAsync(server.EndPoint);
            if (await TryHandshakeAsync(next, server) is { } status)
            {
                Assert.Equal(101, status);
                break;
            }

            Assert.True(attempts < 10_000, "the place is never free");
        }
    }

    private static Task<RealtimeServer> StartAsync(bool listener, TimeProvider time, Action<RealtimeOptions> configure) => RealtimeServer.StartAsync(setup =>
    {
        setup.UsesListener = listener;
        setup.Options = configure;
        setup.Services = services => services.AddSingleton(time);
    });

    private static async Task OpenAndLeaveAsync(RealtimeServer server, string user)
    {
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
        Assert.Equal(101, (await client.HandshakeAsync(server, user)).Status);
    }

    private static async Task<int?> TryHandshakeAsync(RawClient client, RealtimeServer server)
    {
        try
        {
            return (await client.HandshakeAsync(server, "alice")).Status;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static async Task<HttpStatusCode> AskAsync(RealtimeServer server, string user)
    {
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Get, new UriBuilder(server.WebSocket) { Scheme = "http" }.Uri);
        request.Headers.Add(TestAuthentication.UserHeader, user);
        using HttpResponseMessage response = await http.SendAsync(request).OrFail();
        return response.StatusCode;
    }
}
