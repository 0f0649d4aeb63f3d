using System.Diagnostics;
using System.Globalization;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.FunctionalTests.ForeignPeers;
using Netra.Realtime.Protocol;
using Xunit.Abstractions;

namespace Netra.Realtime.FunctionalTests.Lifetime;

/// <summary>A peer whose process is stopped: its kernel goes on to take bytes and says nothing, and the server's read does not return.</summary>
public sealed class StoppedPeerTests(ITestOutputHelper output)
{
    [FramedPeerFact]
    public async Task Peer_StoppedAndContinuedInTime_IsHealthyAgainOnTheSameConnectionAndMissesNoEvent()
    {
        await using RealtimeServer server = await StartAsync();
        await using PeerProcess peer = PeerProcess.Start(PeerTools.Python, "peer.py");
        RealtimeConnection connection = await ConnectAsync(server, peer);
        UserEventEmitter alice = server.EmitterFor("alice");

        alice.Emit("note", 1);
        await Signals.StopAsync(peer.Id);
        alice.Emit("note", 2);
        TimeSpan suspect = await WhenAsync(connection, HealthState.Suspect);
        alice.Emit("note", 3);
        long before = server.Registry.Metrics.Heartbeat.Resurrections;
        await Signals.ContinueAsync(peer.Id);
        TimeSpan healthy = await Condition.WhenAsync(() => server.Registry.Metrics.Heartbeat.Resurrections > before, TestHeartbeat.Interval + TestHeartbeat.Slack);
        alice.Emit("note", 4);

        output.WriteLine($"suspect after {suspect.TotalSeconds:F1} s, healthy again after {healthy.TotalSeconds:F1} s");
        for (int note = 1; note <= 4; note++)
        {
            CustomEvent next = Assert.IsType<CustomEvent>(await peer.NextMessageAsync());
            Assert.Equal((note, note.ToString(CultureInfo.InvariantCulture)), ((int)next.Id.Sequence, next.Payload.GetRawText()));
        }

        Assert.Equal((before + 1, 0), (server.Registry.Metrics.Heartbeat.Resurrections, server.Registry.Metrics.Heartbeat.TimeoutsDetected));
        Assert.Equal(HealthState.Healthy, connection.Heartbeat!.State);
        Assert.Same(connection, server.Registry.Find(connection.Id));
        Assert.Equal(Holdings.One, Holdings.Of(server, "alice"));
    }

    [FramedPeerFact]
    public async Task Peer_StoppedForGood_IsSuspectThenGivenUpWithinTheBoundAndLeavesNothing()
    {
        await using RealtimeServer server = await StartAsync();
        await using PeerProcess peer = PeerProcess.Start(PeerTools.Python, "peer.py");
        RealtimeConnection connection = await ConnectAsync(server, peer);
        await Condition.WhenAsync(() => server.Registry.Metrics.Heartbeat.PongsReceived > 0, TestHeartbeat.Interval + TestHeartbeat.Slack);
        using CloseWatch closes = new(server);

        await Signals.StopAsync(peer.Id);
        Stopwatch silent = Stopwatch.StartNew();
        TimeSpan suspect = await WhenAsync(connection, HealthState.Suspect);
        Assert.Null(connection.CloseReason);
        await Condition.WhenAsync(() => connection.CloseReason is not null, TestHeartbeat.GivenUpAfter + TestHeartbeat.Slack);
        TimeSpan givenUp = silent.Elapsed;
        await closes.WhenClosedAsync(4407);
        int places = server.Registry.Places.Taken;
        TimeSpan freed = await Condition.WhenAsync(() => Holdings.Of(server, "alice") == Holdings.None, TestHeartbeat.Slack);

        output.WriteLine($"suspect after {suspect.TotalSeconds:F1} s, given up after {givenUp.TotalSeconds:F1} s, freed {freed.TotalSeconds:F1} s later");
        Assert.InRange(givenUp, TestHeartbeat.NotGivenUpBefore, TestHeartbeat.GivenUpAfter + TestHeartbeat.Slack);
        Assert.Equal((4407, 0), (connection.CloseReason!.Code, places));
        Assert.Equal((1, 1), (server.Registry.Metrics.Heartbeat.TimeoutsDetected, server.Registry.Metrics.DroppedCount));
        Assert.Contains("State:\tT", await File.ReadAllTextAsync($"/proc/{peer.Id}/status", CancellationToken.None), StringComparison.Ordinal); // it never left
    }

    private static Task<RealtimeServer> StartAsync() => RealtimeServer.StartAsync(setup => setup.Options = options =>
    {
        TestHeartbeat.Configure(options.Heartbeat);
        options.Delivery.CloseTimeout = TimeSpan.FromSeconds(1); // what a peer costs that does not answer a close
    });

    private static async Task<RealtimeConnection> ConnectAsync(RealtimeServer server, PeerProcess peer)
    {
        await peer.ConnectAsync(server, "alice");
        await peer.NextAsync("open");
        WelcomeMessage welcome = Assert.IsType<WelcomeMessage>(await peer.NextMessageAsync());
        return server.Registry.Find(welcome.ConnectionId)!; // it was welcomed
    }

    // The ping that is unanswered is due within an interval, and the next an interval later.
    private static Task<TimeSpan> WhenAsync(RealtimeConnection connection, HealthState state) =>
        Condition.WhenAsync(() => connection.Heartbeat!.State == state, (2 * TestHeartbeat.Interval) + TestHeartbeat.Slack);
}
