using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Lifetime;

public sealed class HeartbeatTests
{
    [Fact]
    public async Task Peer_ThatAnswersNoPing_IsGivenUpAndItsPlaceIsFree()
    {
        await using RealtimeServer server = await StartAsync(TimeSpan.FromMilliseconds(300));
        using CloseWatch closes = new(server);
        using RawClient silent = await RawClient.OpenAsync(server, "alice");

        await silent.WhenEndedAsync();
        await closes.WhenClosedAsync(TestTransport.IsSystemNet ? 1006 : 4407); // the peer may see the end of its socket before the server does

        await using TestClient next = await TestClient.ConnectAsync(server, "alice");
        Assert.Equal((100, 300), (next.Welcome.Heartbeat.IntervalMs, next.Welcome.Heartbeat.TimeoutMs));
    }

    [Fact]
    public async Task Peer_ThatOnlyReads_StaysWhileASilentOneIsGivenUp()
    {
        await using RealtimeServer server = await StartAsync(TimeSpan.FromSeconds(2));
        await using TestClient reader = await TestClient.ConnectAsync(server, "bob"); // its stack answers pings by itself
        using RawClient silent = await RawClient.OpenAsync(server, "alice");

        await silent.WhenEndedAsync();
        server.EmitterFor("bob").Emit("note", new { });

        Assert.Equal(1, (await reader.NextEventAsync()).Id.Sequence);
        Assert.True(reader.IsOpen);
    }

    private static Task<RealtimeServer> StartAsync(TimeSpan timeout) => RealtimeServer.StartAsync(setup => setup.Options = options =>
    {
        options.Limits.MaxConnectionsPerUser = 1;
        options.Heartbeat.Interval = TimeSpan.FromMilliseconds(100);
        options.Heartbeat.Timeout = timeout;
    });
}
