using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>Two hosts in one process share no user, no place, no position and no end.</summary>
public sealed class Case13TwoHostsTests
{
    [Fact]
    public async Task TwoHosts_SameUserAndSameThread_ShareNothing()
    {
        await using RealtimeServer one = await StartAsync();
        await using RealtimeServer two = await StartAsync();
        await using TestClient first = await TestClient.ConnectAsync(one, "alice", "client=tab");
        await using TestClient second = await TestClient.ConnectAsync(two, "alice", "client=tab"); // neither over the limit of one nor in its place

        for (int i = 0; i < 3; i++)
        {
            one.EmitterFor("alice", "t-1").Emit("note", new { Host = 1, Number = i });
            two.EmitterFor("alice", "t-1").Emit("note", new { Host = 2, Number = i });
        }

        EventId lastOfOne = (await ProveAsync(first, 1))[^1].Id;
        await ProveAsync(second, 2);
        Assert.Equal((1, 1), (one.Registry.Count, two.Registry.Count));

        await second.CloseAsync();
        await using TestClient astray = await TestClient.ConnectAsync(two, "alice", $"last_event_id={lastOfOne}");
        Assert.Equal((false, ResetReason.EpochChanged), (astray.Welcome.Resumed, astray.Welcome.Reset));

        await one.StopAsync();
        Assert.Equal(1012, (await first.Closed).Code);
        two.EmitterFor("alice").Emit("last", new { });
        Assert.Equal("last", (await astray.ReadUntilAsync(e => e is CustomEvent { Type: "last" }))[^1].Type);
        Assert.True(astray.IsOpen);
    }

    private static async Task<IReadOnlyList<AgentEvent>> ProveAsync(TestClient client, int host)
    {
        IReadOnlyList<AgentEvent> events = await client.NextEventsAsync(3);
        Assert.Equal(
            Enumerable.Range(0, 3).Select(i => $$"""{"host":{{host}},"number":{{i}}}"""),
            events.Select(e => Assert.IsType<CustomEvent>(e).Payload.GetRawText()));
        Assert.Empty(await client.PingAsync());
        return events;
    }

    private static Task<RealtimeServer> StartAsync() => RealtimeServer.StartAsync(setup => setup.Options = options =>
    {
        options.Limits.MaxConnectionsPerUser = 1;
        options.Limits.MaxConnections = 1;
    });
}
