using Netra.Realtime.Connections;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Tests.Connections;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Health;

/// <summary>What is known of each peer, and what the host counts. With 10 s between two pings a tick is 0.2 s, and the first connection is pinged at 10, 20, 30 s.</summary>
public sealed class HealthFiguresTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(0.2);

    [Fact]
    public async Task Peer_SuspectThatSpeaks_IsResurrectedOnce()
    {
        await using RealtimeHarness realtime = Start();
        using ConnectionTests.MetricProbe resurrections = new(realtime, "netra.realtime.heartbeat.resurrections");
        (FakeClient client, RealtimeConnection connection) = await ConnectAsync(realtime);
        client.Transport.StopAnswering();

        Turn(realtime, 20);
        Assert.Equal((HealthState.Suspect, 0), (connection.Heartbeat!.State, realtime.Registry.Metrics.Heartbeat.Resurrections));
        client.Transport.ClientSendPart(1);
        Turn(realtime, 10);
        client.Transport.ClientSendPart(1);
        Turn(realtime, 10);

        Assert.Equal(HealthState.Healthy, connection.Heartbeat.State);
        Assert.Equal((1, 1), (realtime.Registry.Metrics.Heartbeat.Resurrections, resurrections.Sum));
    }

    [Fact]
    public async Task Peer_SuspectThatIsGivenUp_IsNotResurrected()
    {
        await using RealtimeHarness realtime = Start();
        (FakeClient client, _) = await ConnectAsync(realtime);
        client.Transport.GoSilent();

        Turn(realtime, 60);

        HeartbeatFigures figures = realtime.Registry.Metrics.Heartbeat;
        Assert.Equal((0, 1, 2, 0), (figures.Resurrections, figures.TimeoutsDetected, figures.PingsSent, figures.PongsReceived));
    }

    [Fact]
    public async Task Score_MissedAndAnswered_MovesWithinItsBounds()
    {
        await using RealtimeHarness realtime = Start(missed: 100);
        (FakeClient client, RealtimeConnection connection) = await ConnectAsync(realtime);
        HealthScore score = connection.Heartbeat!.Score;
        Turn(realtime, 10);
        await client.RoundTripAsync();
        Assert.Equal(100, score.Value); // an answer gives nothing to the best
        client.Transport.StopAnswering();

        List<int> seen = [];
        for (int i = 0; i < 7; i++)
        {
            Turn(realtime, 10);
            seen.Add(score.Value);
        }

        Assert.Equal([100, 75, 50, 25, 0, 0, 0], seen); // the ping at 20 s is missed at 30 s
        client.Transport.ClientPong([0, 0, 0, 0, 0, 0, 0, 8]);
        await client.RoundTripAsync();
        Assert.Equal(10, score.Value);
    }

    [Fact]
    public async Task RoundTrips_OfOneConnection_AreLastSmoothedMinAndMax()
    {
        await using RealtimeHarness realtime = Start(missed: 100);
        (FakeClient client, RealtimeConnection connection) = await ConnectAsync(realtime);
        client.Transport.StopAnswering();
        Assert.Null(connection.Heartbeat!.RoundTrips.Figures);

        byte number = 0;
        foreach (int milliseconds in new[] { 80, 160, 40 })
        {
            Turn(realtime, 10 - (number == 0 ? 0 : 0.2));
            realtime.Time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            client.Transport.ClientPong([0, 0, 0, 0, 0, 0, 0, ++number]);
            await client.RoundTripAsync();
            Step(realtime, TimeSpan.FromMilliseconds(200 - milliseconds));
        }

        // 80, then 80 + 80/8 = 90, then 90 - 50/8
        Assert.Equal(
            new RoundTripFigures(Ms(40), Ms(83.75), Ms(40), Ms(160)),
            connection.Heartbeat.RoundTrips.Figures);
        Assert.Equal(3, realtime.Registry.Metrics.Heartbeat.PongsReceived);
    }

    // 5 times the average still weighs 0.1, a tick more weighs 0.02.
    [Theory]
    [InlineData(500, 140)]
    [InlineData(501, 108.02)]
    [InlineData(50, 95)]
    public void PingAverage_NextAnswer_WeighsLessWhenItIsAnOutlier(double next, double expected)
    {
        PingAverage average = new();
        Assert.Null(average.Value);
        average.Add(Ms(100));
        Assert.Equal(Ms(100), average.Value);

        average.Add(Ms(next));

        Assert.Equal(Ms(expected), average.Value);
    }

    [Fact]
    public async Task Stalls_OfTheHost_AreCountedAndLateTicksAreNot()
    {
        await using RealtimeHarness realtime = Start();
        using ConnectionTests.MetricProbe stalls = new(realtime, "netra.realtime.heartbeat.stalls");

        Step(realtime, TimeSpan.FromSeconds(2.7)); // late by a quarter of the interval
        Assert.Equal(0, realtime.Registry.Metrics.Heartbeat.Stalls);
        Step(realtime, TimeSpan.FromSeconds(2.701));

        Assert.Equal((1, 1), (realtime.Registry.Metrics.Heartbeat.Stalls, stalls.Sum));
    }

    [Fact]
    public async Task Dropped_LostAndGivenUp_AreCountedAndClosesInOrderAreNot()
    {
        await using RealtimeHarness realtime = Start();
        using ConnectionTests.MetricProbe dropped = new(realtime, "netra.realtime.connections.dropped");
        (FakeClient lost, _) = await ConnectAsync(realtime);
        (FakeClient left, _) = await ConnectAsync(realtime);
        (_, RealtimeConnection revoked) = await ConnectAsync(realtime);
        (_, RealtimeConnection slow) = await ConnectAsync(realtime, RealtimeHarness.Bob);
        (FakeClient silent, _) = await ConnectAsync(realtime, RealtimeHarness.Bob);

        lost.Transport.Cut();
        await lost.EndedAsync();
        left.Transport.ClientClose();
        await left.EndedAsync();
        revoked.Close(CloseReason.Revoked);
        Assert.Equal(1, realtime.Registry.Metrics.DroppedCount);
        slow.Close(CloseReason.SlowConsumer);
        Assert.Equal(2, realtime.Registry.Metrics.DroppedCount);
        silent.Transport.GoSilent();
        Turn(realtime, 60);

        Assert.Equal((3, 3), (realtime.Registry.Metrics.DroppedCount, dropped.Sum));
    }

    [Fact]
    public async Task Dropped_RefusedNewcomerThatIsCut_IsNone()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxConnections = 1);
        await realtime.Connect().StartedAsync();
        FakeClient refused = realtime.Connect(RealtimeHarness.Bob, answersClose: false);
        refused.Transport.Cut();

        await realtime.AdvanceUntilAsync(refused.Run, TimeSpan.FromSeconds(1));

        Assert.Equal(0, realtime.Registry.Metrics.DroppedCount);
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMicroseconds(milliseconds * 1000);

    private static RealtimeHarness Start(int missed = 2)
    {
        RealtimeHarness realtime = new(options =>
        {
            options.Heartbeat.Interval = TimeSpan.FromSeconds(10);
            options.Heartbeat.Timeout = TimeSpan.FromHours(1);
            options.Heartbeat.Missed = missed;
        });
        _ = realtime.Heartbeat; // its time begins
        return realtime;
    }

    private static async Task<(FakeClient Client, RealtimeConnection Connection)> ConnectAsync(RealtimeHarness realtime, UserId? user = null)
    {
        FakeClient client = realtime.Connect(user);
        WelcomeMessage welcome = (await client.StartedAsync()).Welcome;
        return (client, ConnectionTests.ConnectionsOf(realtime).Single(connection => connection.Id == welcome.ConnectionId));
    }

    private static void Step(RealtimeHarness realtime, TimeSpan time)
    {
        realtime.Time.Advance(time);
        realtime.Heartbeat.Tick();
    }

    private static void Turn(RealtimeHarness realtime, double seconds)
    {
        for (TimeSpan left = TimeSpan.FromSeconds(seconds); left > TimeSpan.Zero; left -= Tick)
        {
            Step(realtime, Tick);
        }
    }
}
