using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.FunctionalTests.Lifetime;

public sealed class CredentialExpiryTests
{
    [Fact]
    public async Task Ticket_RunsOut_ClosesItsConnectionAndFreshCredentialsResume()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Services = services => services.AddSingleton<TimeProvider>(time));
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

    [Fact]
    public async Task Ticket_RunOutAtTheConnect_ClosesAtOnce()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();

        await using TestClient client = await TestClient.OpenAsync(server, "alice", "", options => Expire(options, DateTimeOffset.UtcNow.AddSeconds(-1)));

        Assert.Equal(4401, (await client.Closed).Code);
        Assert.Equal(0, server.Registry.Places.Taken);
    }

    private static Task<TestClient> ConnectAsync(RealtimeServer server, DateTimeOffset expires, string query = "") =>
        TestClient.ConnectAsync(server, "alice", query, options => Expire(options, expires));

    private static void Expire(System.Net.WebSockets.ClientWebSocketOptions options, DateTimeOffset at) =>
        options.SetRequestHeader(TestAuthentication.ExpiresHeader, at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
}
