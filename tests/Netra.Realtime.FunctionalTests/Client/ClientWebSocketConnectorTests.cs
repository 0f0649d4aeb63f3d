using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Client;
using Netra.Realtime.Client.Connections;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Client;

/// <summary>What the answer to a handshake tells.</summary>
public sealed class ClientWebSocketConnectorTests
{
    [Theory]
    [InlineData(503, "7", 7)]
    [InlineData(429, "Thu, 01 Jan 2026 00:00:20 GMT", 20)]
    [InlineData(503, "Thu, 01 Jan 2015 00:00:20 GMT", 0)]
    [InlineData(503, "99999999", 3600)]
    [InlineData(503, "soon", 0)]
    [InlineData(503, null, 0)]
    [InlineData(401, null, 0)]
    public async Task Refusal_IsSeenWithItsStatusAndRetryAfter(int status, string? retryAfter, int seconds)
    {
        await using RealtimeServer server = await StartAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = retryAfter;
        });
        FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        ClientWebSocketConnector connector = new(null, time);

        var handshake = await connector.ConnectAsync(Address(server), RealtimeCredentials.None, CancellationToken.None).OrFail();

        Assert.Null(handshake.Socket);
        Assert.Equal(((HttpStatusCode)status, TimeSpan.FromSeconds(seconds)), (handshake.HttpStatus, handshake.RetryAfter));
    }

    [Fact]
    public async Task Handshake_CarriesCredentialsSubprotocolAndWhatTheApplicationAdds()
    {
        string? seen = null;
        await using RealtimeServer server = await StartAsync(context =>
        {
            IHeaderDictionary headers = context.Request.Headers;
            seen = $"{headers.Authorization} {headers.Cookie} {headers.SecWebSocketProtocol} {headers["X-More"]}";
            context.Response.StatusCode = 403;
        });
        CookieContainer cookies = new();
        cookies.Add(server.Http, new Cookie("session", "s-1"));
        RealtimeCredentials credentials = new() { Headers = RealtimeCredentials.Bearer("t-1").Headers, Cookies = cookies };
        ClientWebSocketConnector connector = new(options => options.SetRequestHeader("X-More", "m-1"), TimeProvider.System);

        var handshake = await connector.ConnectAsync(Address(server), credentials, CancellationToken.None).OrFail();

        Assert.Equal(HttpStatusCode.Forbidden, handshake.HttpStatus);
        Assert.Equal("Bearer t-1 session=s-1 netra.v1 m-1", seen);
    }

    [Fact]
    public async Task NobodyThere_IsNoRefusal()
    {
        Uri address;
        await using (RealtimeServer server = await StartAsync(_ => { }))
        {
            address = Address(server);
        }

        var handshake = await new ClientWebSocketConnector(null, TimeProvider.System).ConnectAsync(address, RealtimeCredentials.None, CancellationToken.None).OrFail();

        Assert.Null(handshake.HttpStatus);
        Assert.NotNull(handshake.Cause);
    }

    private static Task<RealtimeServer> StartAsync(Action<HttpContext> answer) => RealtimeServer.StartAsync(setup => setup.App = app => app.Map("/answer", branch => branch.Run(context =>
    {
        answer(context);
        return Task.CompletedTask;
    })));

    private static Uri Address(RealtimeServer server) => new($"ws://{server.Http.Authority}/answer");
}
