using System.Net;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Handshake;

/// <summary>Refusals are HTTP, before the upgrade, and a plain <c>GET</c> of the same URL answers the same: browsers see no other answer.</summary>
public sealed class HandshakeRefusalTests
{
    private static readonly Dictionary<string, string?> PlainGet = new()
    {
        ["Upgrade"] = null,
        ["Connection"] = null,
        ["Sec-WebSocket-Key"] = null,
        ["Sec-WebSocket-Version"] = null,
    };

    [Theory]
    [InlineData("token=secret-value")]
    [InlineData("access_token=secret-value")]
    [InlineData("ACCESS_TOKEN=secret-value")]
    [InlineData("token")]
    [InlineData("client=")]
    [InlineData("client=a%20b")]
    [InlineData("client=aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg")]
    [InlineData("client=a&client=b")]
    [InlineData("start=")]
    [InlineData("start=begin")]
    [InlineData("start=Open")]
    [InlineData("start=open&start=live")]
    [InlineData("thread=")]
    [InlineData("thread=a%00b")]
    [InlineData("run=a%0Ab")]
    [InlineData("last_event_id=a-1&last_event_id=a-2")]
    public async Task Connect_QueryThatCannotBeMeant_IsBadRequest(string query)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();

        await AssertRefusedAsync(server, "alice", 400, query: query);

        Assert.DoesNotContain(server.Logs.All, line => line.Contains(" Netra.", StringComparison.Ordinal) && line.Contains("secret-value", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("thread", 32, 101)]
    [InlineData("thread", 33, 400)]
    [InlineData("run", 32, 101)]
    [InlineData("run", 33, 400)]
    public async Task Connect_FilterAtAndAboveItsLimit_IsAcceptedAndRefused(string name, int count, int status)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        RawResponse response = await client.HandshakeAsync(server, "alice", query: string.Join('&', Enumerable.Range(0, count).Select(i => $"{name}=x{i}")));

        Assert.Equal(status, response.Status);
    }

    [Fact]
    public async Task Connect_Nobody_IsUnauthorized()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();

        await AssertRefusedAsync(server, null, 401);
        await AssertRefusedAsync(server, null, 401, query: "start=begin"); // who is nobody learns nothing else
        Assert.Equal(0, server.Registry.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connect_NobodyWithCookieAuthentication_IsUnauthorizedWithoutARedirect(bool requiresAuthorization)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.HasTestAuthentication = false;
            setup.Services = services =>
            {
                services.AddAuthorization();
                services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
            };
            setup.Route = route => _ = requiresAuthorization ? route.RequireAuthorization() : route;
        });

        foreach (Dictionary<string, string?> changes in new[] { PlainGet, [] })
        {
            using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
            RawResponse response = await client.HandshakeAsync(server, null, changes);
            Assert.Equal(401, response.Status);

            // The cookie handler of ASP.NET Core says beside its 401 where the form would be, when the authorization asks it and not we.
            Assert.Equal(requiresAuthorization, response["Location"] is not null);
        }
    }

    [Theory]
    [InlineData(",")]
    [InlineData("alice,bob")]
    [InlineData("alice,Alice")]
    [InlineData("a%00b")]
    [InlineData("a%0Ab")]
    public async Task Connect_PrincipalThatIsNoUser_IsForbidden(string users)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();

        await AssertRefusedAsync(server, users, 403);
    }

    [Fact]
    public async Task Connect_UserIdOfTheLargestLengthAndOneMore_IsAcceptedAndForbidden()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient longest = await TestClient.ConnectAsync(server, new string('a', 256));

        await AssertRefusedAsync(server, new string('a', 257), 403);
        Assert.Equal(256, longest.Welcome.UserId.Length);
    }

    [Fact]
    public async Task Connect_IdentifyByFindsNobody_IsForbidden()
    {
        await using RealtimeServer none = await RealtimeServer.StartAsync(setup => setup.Realtime = realtime => realtime.IdentifyBy(_ => null));
        await using RealtimeServer nobody = await RealtimeServer.StartAsync(setup => setup.Realtime = realtime => realtime.IdentifyBy(_ => default(UserId)));
        await using RealtimeServer invalid = await RealtimeServer.StartAsync(setup => setup.Realtime = realtime => realtime.IdentifyBy(_ => UserId.Create(null)));

        await AssertRefusedAsync(none, "alice", 403);
        await AssertRefusedAsync(nobody, "alice", 403);
        await AssertRefusedAsync(invalid, "alice", 403);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("c2hvcnQ=")]
    [InlineData("dGhlIHNhbXBsZSBub25jZQ=")]
    [InlineData("dGhlIHNhbXBsZSBub25jZS4u")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!==")]
    public async Task Handshake_KeyMissingOrNotSixteenBytes_IsBadRequest(string? key)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        RawResponse response = await client.HandshakeAsync(server, "alice", new() { ["Sec-WebSocket-Key"] = key });

        Assert.Equal(400, response.Status);
    }

    [Fact]
    public async Task Handshake_TwoKeys_IsBadRequest()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        RawResponse response = await client.HandshakeAsync(server, "alice", extra: $"Sec-WebSocket-Key: {RawClient.Key}\r\n");

        Assert.Equal(400, response.Status);
    }

    [Fact]
    public async Task Handshake_AsItShouldBe_IsAcceptedWithTheAnswerOfTheRfc()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        RawResponse response = await client.HandshakeAsync(server, "alice");

        Assert.Equal((101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), (response.Status, response["Sec-WebSocket-Accept"]));
        Assert.Equal(("websocket", "Upgrade"), (response["Upgrade"], response["Connection"]));
    }

    [Theory]
    [InlineData("Upgrade", null)]
    [InlineData("Upgrade", "h2c")]
    [InlineData("Sec-WebSocket-Version", null)]
    [InlineData("Sec-WebSocket-Version", "8")]
    [InlineData("Sec-WebSocket-Version", "13, 8")]
    public async Task Handshake_NotOneOfThisVersion_IsUpgradeRequired(string header, string? value)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        RawResponse response = await client.HandshakeAsync(server, "alice", new() { [header] = value });

        Assert.Equal((426, "13"), (response.Status, response["Sec-WebSocket-Version"]));
        Assert.Equal("websocket", response["Upgrade"]);
    }

    [Fact]
    public async Task PlainGet_WhereAHandshakeWouldBeAccepted_IsUpgradeRequired()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(server.Http, "/ws"));
        request.Headers.Add(TestAuthentication.UserHeader, "alice");

        using HttpResponseMessage response = await http.SendAsync(request).OrFail();

        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.Equal("13", Assert.Single(response.Headers.GetValues("Sec-WebSocket-Version")));
    }

    [Fact]
    public async Task Post_ToTheEndpoint_IsNotServed()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using HttpClient http = new();

        using HttpResponseMessage response = await http.PostAsync(new Uri(server.Http, "/ws"), null).OrFail();

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public async Task Connect_WhileTheHostStops_IsUnavailableWithRetryAfter()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options => options.Delivery.StopTimeout = TimeSpan.FromSeconds(15));
        TaskCompletionSource isStopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Runs.Start(UserId.Create("alice"), null, "stubborn", async (_, _, token) =>
        {
            await using CancellationTokenRegistration registration = token.Register(isStopping.SetResult);
            await mayEnd.Task;
        });

        Task stop = server.StopAsync();
        await isStopping.Task.OrFail();
        try
        {
            foreach (Dictionary<string, string?> changes in new[] { PlainGet, [] })
            {
                using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
                RawResponse response = await client.HandshakeAsync(server, "alice", changes);
                Assert.Equal((503, "2"), (response.Status, response["Retry-After"]));
            }
        }
        finally
        {
            mayEnd.SetResult();
        }

        await stop.OrFail();
    }

    [Fact]
    public async Task Connect_WhileTooManyAreBeingRefused_IsUnavailableWithRetryAfterUntilTheyAreGone()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();

        for (int i = 0; i < 1_000; i++)
        {
            server.Registry.BeginRefusing(); // as if a socket were being told 1013
        }

        foreach (Dictionary<string, string?> changes in new[] { PlainGet, [] })
        {
            using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
            RawResponse response = await client.HandshakeAsync(server, "alice", changes);
            Assert.Equal((503, "2"), (response.Status, response["Retry-After"]));
        }

        server.Registry.EndRefusing();
        await using TestClient next = await TestClient.ConnectAsync(server, "alice");
        Assert.Empty(await next.PingAsync());
        while (server.Registry.Refusing > 0)
        {
            server.Registry.EndRefusing(); // the stop waits for them
        }
    }

    private static async Task AssertRefusedAsync(RealtimeServer server, string? user, int status, string query = "")
    {
        foreach (Dictionary<string, string?> changes in new[] { PlainGet, [] })
        {
            using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
            RawResponse response = await client.HandshakeAsync(server, user, changes, query: query);
            Assert.Equal(status, response.Status);
            Assert.Equal("no-store", response["Cache-Control"]);
        }

        Assert.Equal(0, server.Registry.Places.Taken - server.Registry.Count); // no place was lost to it
    }
}
