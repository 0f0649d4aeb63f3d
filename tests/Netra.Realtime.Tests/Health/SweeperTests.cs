using Netra.Realtime.Protocol;
using Netra.Realtime.Tests.Connections;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Health;

public sealed class SweeperTests
{
    [Fact]
    public async Task Sweep_EachInterval_EvictsRetiredSessions()
    {
        await using RealtimeHarness realtime = new();
        realtime.Sweeper.Start();
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("step", 1);

        for (int i = 0; i < 5; i++)
        {
            realtime.Time.Advance(TimeSpan.FromSeconds(30));
        }
        Assert.Equal(1, realtime.Sessions.Count);

        realtime.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, realtime.Sessions.Count);
    }

    [Fact]
    public async Task Sweep_WithoutAHeartbeat_ClosesWhoSaidNothingForTheTimeAndNobodyElse()
    {
        await using RealtimeHarness realtime = new(options => (options.Heartbeat.Enabled, options.Heartbeat.SweepInterval) = (false, TimeSpan.FromSeconds(10)));
        _ = realtime.Sweeper; // its time begins
        using ConnectionTests.MetricProbe pings = new(realtime, "netra.realtime.heartbeat.pings_sent");
        FakeClient silent = realtime.Connect();
        FakeClient speaks = realtime.Connect();
        Assert.Equal(new HeartbeatSettings(0, 120_000), (await silent.StartedAsync()).Welcome.Heartbeat);
        await speaks.StartedAsync();
        realtime.Heartbeat.Start();

        for (int second = 10; second < 120; second += 10)
        {
            realtime.Time.Advance(TimeSpan.FromSeconds(10));
            speaks.Transport.ClientSendPart(1);
            realtime.Sweeper.Sweep();
        }

        realtime.Time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        realtime.Sweeper.Sweep();
        Assert.Equal(2, realtime.Registry.Places.Taken);
        realtime.Time.Advance(TimeSpan.FromTicks(1));
        realtime.Sweeper.Sweep();

        Assert.Equal((4407, "heartbeat timeout"), await silent.Transport.Closed.OrFail());
        Assert.Equal((1, 0, 1), (realtime.Registry.Places.Taken, pings.Sum, realtime.Registry.Metrics.Heartbeat.TimeoutsDetected));
    }

    [Fact]
    public async Task Sweep_WithAHeartbeat_ClosesNobody()
    {
        await using RealtimeHarness realtime = new(options => options.Heartbeat.SweepInterval = TimeSpan.FromSeconds(10));
        FakeClient silent = realtime.Connect();
        await silent.StartedAsync();

        for (int i = 0; i < 100; i++)
        {
            realtime.Time.Advance(TimeSpan.FromSeconds(10));
            realtime.Sweeper.Sweep();
        }

        Assert.Equal(1, realtime.Registry.Places.Taken);
    }

    [Fact]
    public async Task Sweep_AfterAPauseOfTheHost_ClosesNobodyForIt()
    {
        await using RealtimeHarness realtime = new(options => (options.Heartbeat.Enabled, options.Heartbeat.SweepInterval) = (false, TimeSpan.FromSeconds(10)));
        _ = realtime.Sweeper;
        FakeClient silent = realtime.Connect();
        await silent.StartedAsync();

        realtime.Time.Advance(TimeSpan.FromMinutes(10));
        realtime.Sweeper.Sweep();
        Assert.Equal((1, 1), (realtime.Registry.Places.Taken, realtime.Registry.Metrics.Heartbeat.Stalls));

        for (int second = 0; second < 120; second += 10)
        {
            Assert.Equal(1, realtime.Registry.Places.Taken);
            realtime.Time.Advance(TimeSpan.FromSeconds(10));
            realtime.Sweeper.Sweep();
        }

        Assert.Equal(0, realtime.Registry.Places.Taken);
    }

    // Of 30 s of silence that are allowed a quarter is tolerated: the next sweep may come 10 + 7.5 s after the last.
    [Theory]
    [InlineData(17_500, 0)]
    [InlineData(17_501, 1)]
    public async Task Sweep_LateByAsMuchAsToleratedAndMore_IsAPauseOnlyThen(int milliseconds, long stalls)
    {
        await using RealtimeHarness realtime = new(options =>
            (options.Heartbeat.Enabled, options.Heartbeat.SweepInterval, options.Heartbeat.StaleAfter) = (false, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30)));
        realtime.Sweeper.Sweep();

        realtime.Time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        realtime.Sweeper.Sweep();

        Assert.Equal(stalls, realtime.Registry.Metrics.Heartbeat.Stalls);
    }

    [Fact]
    public async Task Start_LongAfterItWasMade_IsNoPause()
    {
        await using RealtimeHarness realtime = new(options => (options.Heartbeat.Enabled, options.Heartbeat.SweepInterval) = (false, TimeSpan.FromSeconds(10)));
        _ = (realtime.Sweeper, realtime.Heartbeat);
        realtime.Time.Advance(TimeSpan.FromMinutes(10));

        realtime.Sweeper.Start();
        realtime.Heartbeat.Start();
        realtime.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(0, realtime.Registry.Metrics.Heartbeat.Stalls);
    }

    [Fact]
    public async Task Sweep_ConnectionThatSkipped_IsToldItsPosition()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect(with: request => request with { Threads = new HashSet<ThreadId> { new("t-1") } });
        await client.StartedAsync();
        realtime.Sweeper.Sweep();
        EventId id = realtime.Emitters.CreateFor(RealtimeHarness.Alice, new ThreadId("t-2")).Emit("elsewhere", 1).EventId;

        realtime.Sweeper.Sweep();

        Assert.Equal(id, (await client.NextAsync<CursorMessage>()).Id);
    }
}
