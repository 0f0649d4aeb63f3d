using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.FunctionalTests.Lifetime;

public sealed class CredentialExpiryTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 15, 30, TimeSpan.Zero);

    [Fact]
    public async Task Ticket_RunsOut_ClosesItsConnectionAndFreshCredentialsResume()
    {
        FakeTimeProvider time = new(Now);
        await using RealtimeServer server = await StartAsync(time);
        await using TestClient lasting = await TestClient.ConnectAsync(server, "alice");
        await using TestClient expiring = await ConnectAsync(server, time.GetUtcNow().AddMinutes(1));
        await using RunEmitter run = server.EmitterFor("alice").StartRun("researcher");
        EventId last = (await expiring.NextEventAsync()).Id;

        time.Advance(TimeSpan.FromSeconds(59.9));
        Assert.True(expiring.IsOpen);
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(new ClientClose(4401, "credentials expired"), await expiring.Closed);

        run.Respond("meanwhile");
        await using TestClient fresh = await ConnectAsync(server, time.GetUtcNow().AddHours(1), $"last_event_id={last}");
        Assert.True(fresh.Welcome.Resumed);
        Assert.Equal("meanwhile", Assert.IsType<AgentResponding>(await fresh.NextEventAsync()).Delta);
        Assert.True(lasting.IsOpen);
    }

    [Theory]
    [InlineData(0, 401)]
    [InlineData(-1, 401)]
    [InlineData(-86_400_000, 401)]
    [InlineData(1_000, 101)] // the properties of a ticket know whole seconds
    public async Task Ticket_RunOutAtTheConnect_IsUnauthorized(int milliseconds, int status)
    {
        FakeTimeProvider time = new(Now);
        await using RealtimeServer server = await StartAsync(time);
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        RawResponse response = await client.HandshakeAsync(server, "alice", new() { [TestAuthentication.ExpiresHeader] = Milliseconds(Now.AddMilliseconds(milliseconds)) });

        Assert.Equal(status, response.Status);
    }

    [Fact]
    public async Task Ticket_RunsOutBetweenTheAuthenticationAndTheUpgrade_IsUnauthorizedAndTakesNoPlace()
    {
        FakeTimeProvider time = new(Now);
        await using RealtimeServer server = await StartAsync(time, app => app.Use((context, next) =>
        {
            Assert.True(context.User.Identity?.IsAuthenticated);
            time.Advance(TimeSpan.FromSeconds(2));
            return next(context);
        }));
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        RawResponse response = await client.HandshakeAsync(server, "alice", new() { [TestAuthentication.ExpiresHeader] = Milliseconds(Now.AddSeconds(1)) });

        Assert.Equal((401, "no-store"), (response.Status, response["Cache-Control"]));
        Assert.Equal((0, 0), (server.Registry.Count, server.Registry.Places.Taken));
    }

    private static Task<RealtimeServer> StartAsync(FakeTimeProvider time, Action<WebApplication>? app = null) => RealtimeServer.StartAsync(setup =>
    {
        setup.Services = services => services.AddSingleton<TimeProvider>(time);
        setup.App = app ?? setup.App;
        setup.UsesListener &= app is null;
    });

    private static Task<TestClient> ConnectAsync(RealtimeServer server, DateTimeOffset expires, string query = "") =>
        TestClient.ConnectAsync(server, "alice", query, options => Expire(options, expires));

    private static void Expire(System.Net.WebSockets.ClientWebSocketOptions options, DateTimeOffset at) =>
        options.SetRequestHeader(TestAuthentication.ExpiresHeader, Milliseconds(at));

    private static string Milliseconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
}
