using System.Diagnostics.Metrics;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Protocol;
using Netra.Realtime.Testing;
using Netra.Realtime.Tests.Connections;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Tests.Health;

/// <summary>With 10 s between two pings a tick is 0.2 s, and the first connection is pinged at 10, 20, 30 s.</summary>
public sealed class HeartbeatEngineTests
{
    private const int Never = 1_000;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(0.2);

    // The deadline is between two pings, at one, and between two ticks.
    [Theory]
    [InlineData(25, 25)]
    [InlineData(20, 20)]
    [InlineData(25.1, 25.2)]
    [InlineData(10.1, 10.2)]
    public async Task Peer_SilentForTheTimeout_IsGivenUpAtTheTickThatSeesIt(double timeout, double expected)
    {
        await using RealtimeHarness realtime = Start(timeout, Never);
        (_, RealtimeConnection connection) = await ConnectSilentAsync(realtime);

        Assert.Equal(expected, SecondsUntilClosed(realtime, connection), 3);

        Assert.Equal(CloseReason.HeartbeatTimeout, connection.CloseReason);
        Assert.Equal(0, realtime.Registry.Places.Taken);
    }

    [Theory]
    [InlineData(10_000_019)]
    [InlineData(1_193_182)]
    [InlineData(333)]
    public async Task Peer_SilentOnAClockOfOddFrequency_IsGivenUpNotBeforeTheTimeoutAndSoonAfter(long frequency)
    {
        await using RealtimeHarness realtime = Start(25, Never, clock: frequency);
        (_, RealtimeConnection connection) = await ConnectSilentAsync(realtime);

        Assert.InRange(SecondsUntilClosed(realtime, connection), 25, 25.401);
        Assert.Equal(CloseReason.HeartbeatTimeout, connection.CloseReason);
    }

    [Theory]
    [InlineData(1, 20)]
    [InlineData(2, 30)]
    [InlineData(3, 40)]
    public async Task Pings_AsManyMissedAsAllowed_GiveUpThePeerBeforeTheTimeout(int missed, double expected)
    {
        await using RealtimeHarness realtime = Start(3_600, missed);
        (_, RealtimeConnection connection) = await ConnectSilentAsync(realtime);

        Assert.Equal(expected, SecondsUntilClosed(realtime, connection), 3);
        Assert.Equal((CloseReason.HeartbeatTimeout, HealthState.Dead), (connection.CloseReason, connection.Heartbeat!.State));
    }

    // The tick that is to ask it is late, and comes when its time is over already.
    [Fact]
    public async Task Peer_NotAskedSinceItsLastSign_IsAskedFirst()
    {
        await using RealtimeHarness realtime = Start(10.1, 1);
        (FakeClient client, RealtimeConnection connection) = await ConnectAsync(realtime);
        Turn(realtime, 10);
        await client.RoundTripAsync();
        Assert.Equal(TimeSpan.FromSeconds(10), connection.Heartbeat!.LifeAt);
        client.Transport.GoSilent();
        Turn(realtime, 9.8);

        Step(realtime, 2 * Tick);

        Assert.Null(connection.CloseReason);
        Assert.Equal(0.2, SecondsUntilClosed(realtime, connection), 3);
    }

    [Fact]
    public async Task Peer_ThatMissesAPingAndThenSpeaks_IsSuspectAndThenHealthy()
    {
        await using RealtimeHarness realtime = Start(3_600, 2);
        (FakeClient client, RealtimeConnection connection) = await ConnectAsync(realtime);
        client.Transport.StopAnswering();

        Turn(realtime, 10);
        Assert.Equal(HealthState.Healthy, connection.Heartbeat!.State); // asked, and it still may answer
        Turn(realtime, 10);
        Assert.Equal(HealthState.Suspect, connection.Heartbeat.State);
        client.Transport.ClientSendPart(1);
        Turn(realtime, 10);
        Assert.Equal(HealthState.Healthy, connection.Heartbeat.State);
        Assert.Equal(20, SecondsUntilClosed(realtime, connection), 3);
    }

    [Fact]
    public async Task Peer_ThatAnswersAndSaysNothingElse_StaysForHours()
    {
        await using RealtimeHarness realtime = Start(25, 2);
        using ConnectionTests.MetricProbe pings = new(realtime, "netra.realtime.heartbeat.pings_sent");
        (FakeClient client, RealtimeConnection connection) = await ConnectAsync(realtime);

        Turn(realtime, 7_200);
        await client.RoundTripAsync();

        Assert.Null(connection.CloseReason);
        Assert.Equal(720, pings.Sum);
    }

    [Fact]
    public async Task Peer_WhoseOnlySignIsAByteNowAndThen_StaysUntilThatEnds()
    {
        await using RealtimeHarness realtime = Start(25, 2);
        (FakeClient client, RealtimeConnection connection) = await ConnectAsync(realtime);
        client.Transport.StopAnswering();

        for (int i = 0; i < 20; i++)
        {
            client.Transport.ClientSendPart(1);
            Turn(realtime, 9);
            Assert.Null(connection.CloseReason);
        }

        Assert.InRange(SecondsUntilClosed(realtime, connection), 15, 36); // since the last byte, which is noted when it is looked for
    }

    [Fact]
    public async Task Pong_StaleOrForeign_IsLifeAndNoAnswer()
    {
        await using RealtimeHarness realtime = Start(25, 2);
        using ConnectionTests.MetricProbe pongs = new(realtime, "netra.realtime.heartbeat.pongs_received");
        (FakeClient client, RealtimeConnection connection) = await ConnectAsync(realtime);
        client.Transport.StopAnswering();
        byte[] first = [0, 0, 0, 0, 0, 0, 0, 1];

        client.Transport.ClientPong(first); // nobody has asked
        await client.RoundTripAsync(); // and it was read before anybody did
        Turn(realtime, 20); // two pings
        foreach (byte[] pong in new[] { first, [], [2], [0, 0, 0, 0, 0, 0, 0, 2, 0], [0, 0, 0, 0, 0, 0, 0, 3] })
        {
            client.Transport.ClientPong(pong);
        }

        await client.RoundTripAsync();
        Assert.Equal(0, pongs.Sum);
        Turn(realtime, 24.8);
        Assert.Null(connection.CloseReason);
    }

    [Fact]
    public async Task Pong_OfTheLastPing_IsCountedOnceWithItsTime()
    {
        await using RealtimeHarness realtime = Start(25, 2);
        using ConnectionTests.MetricProbe pongs = new(realtime, "netra.realtime.heartbeat.pongs_received");
        List<double> roundTrips = [];
        using MeterListener listener = ListenToRoundTrips(realtime, roundTrips);
        (FakeClient client, _) = await ConnectAsync(realtime);
        client.Transport.StopAnswering();

        Turn(realtime, 20);
        realtime.Time.Advance(TimeSpan.FromMilliseconds(123));
        client.Transport.ClientPong([0, 0, 0, 0, 0, 0, 0, 2]);
        client.Transport.ClientPong([0, 0, 0, 0, 0, 0, 0, 2]);
        await client.RoundTripAsync();

        Assert.Equal(1, pongs.Sum);
        Assert.Equal(0.123, Assert.Single(roundTrips), 6);
    }

    // The heartbeat's clock goes back by the pause, behind the ping.
    [Fact]
    public async Task Pong_AfterThePauseOfTheHost_HasTheTimeThatItTook()
    {
        await using RealtimeHarness realtime = Start(25, 2);
        List<double> roundTrips = [];
        using MeterListener listener = ListenToRoundTrips(realtime, roundTrips);
        (FakeClient client, _) = await ConnectAsync(realtime);
        client.Transport.StopAnswering();
        Turn(realtime, 10);

        Step(realtime, TimeSpan.FromMinutes(10));
        client.Transport.ClientPong([0, 0, 0, 0, 0, 0, 0, 1]);
        await client.RoundTripAsync();

        Assert.Equal(600, Assert.Single(roundTrips), 6);
    }

    [Fact]
    public async Task Timeouts_OfGivenUpPeers_AreCountedAndOtherClosesAreNot()
    {
        await using RealtimeHarness realtime = Start(25, 2);
        using ConnectionTests.MetricProbe timeouts = new(realtime, "netra.realtime.heartbeat.timeouts_detected");
        await ConnectSilentAsync(realtime);
        (_, RealtimeConnection closed) = await ConnectSilentAsync(realtime, RealtimeHarness.Bob);
        closed.Close(CloseReason.Revoked);

        Turn(realtime, 60);

        Assert.Equal(1, timeouts.Sum);
    }

    // It was told, for form; it does not answer, and the close gives up on it.
    [Fact]
    public async Task Peer_GivenUp_IsToldAndThenAborted()
    {
        await using RealtimeHarness realtime = Start(25, 2);
        (FakeClient client, _) = await ConnectSilentAsync(realtime);

        Turn(realtime, 25);
        Assert.Equal((4407, "heartbeat timeout"), await client.Transport.Closed.OrFail());
        await realtime.AdvanceUntilAsync(client.Run, TimeSpan.FromSeconds(1));

        Assert.Equal(CloseReason.HeartbeatTimeout, await client.Run);
        Assert.Equal((0, 0), (realtime.Registry.Count, realtime.Registry.Wheel.Count));
    }

    [Fact]
    public async Task Ping_BehindAFlushThatHangs_IsNotMissedButTheTimeoutCounts()
    {
        await using RealtimeHarness realtime = Start(35, 1, options => options.Delivery.SendTimeout = TimeSpan.FromHours(1));
        (FakeClient client, RealtimeConnection connection) = await ConnectAsync(realtime);
        client.Transport.Stall();
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("stuck", 1);

        Assert.Equal(35, SecondsUntilClosed(realtime, connection), 3);
        Assert.Equal(CloseReason.HeartbeatTimeout, connection.CloseReason);
    }

    [Fact]
    public async Task Flush_ThatWaitedForThePeerAndEnds_IsLife()
    {
        await using RealtimeHarness realtime = Start(25, Never, options => options.Delivery.SendTimeout = TimeSpan.FromHours(1));
        (FakeClient client, RealtimeConnection connection) = await ConnectAsync(realtime);
        client.Transport.StopAnswering();

        for (int i = 0; i < 10; i++)
        {
            client.Transport.Stall();
            realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("slow", i);
            realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("behind_it", i);
            Turn(realtime, 20);
            Assert.Null(connection.CloseReason);
            client.Transport.Resume();
            Assert.Equal("slow", (await client.UntilAsync<CustomEvent>()).Type);
            Assert.Equal("behind_it", (await client.UntilAsync<CustomEvent>()).Type); // so the flush before it is over
        }

        Assert.InRange(SecondsUntilClosed(realtime, connection), 24.8, 25.2);
    }

    [Fact]
    public async Task Flush_ThatHardlyWaited_IsNoLife()
    {
        await using RealtimeHarness realtime = Start(25, Never);
        (FakeClient client, RealtimeConnection connection) = await ConnectSilentAsync(realtime);
        Turn(realtime, 20);

        client.Transport.Stall();
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("quick", 1);
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("behind_it", 1);
        realtime.Time.Advance(TimeSpan.FromMilliseconds(99));
        client.Transport.Resume();
        Assert.Equal("quick", (await client.UntilAsync<CustomEvent>()).Type);
        Assert.Equal("behind_it", (await client.UntilAsync<CustomEvent>()).Type);

        Step(realtime, TimeSpan.FromMilliseconds(101));
        Assert.Equal(4.8, SecondsUntilClosed(realtime, connection), 3);
    }

    // Far beyond every deadline. What the peers answered while the host stood still has not been read yet.
    [Fact]
    public async Task Host_StoodStill_NobodyIsGivenUpForIt()
    {
        await using RealtimeHarness realtime = Start(25, Never, options => options.Limits.MaxConnections = 1_000);
        List<FakeClient> clients = [];
        for (int i = 0; i < 200; i++)
        {
            clients.Add((await ConnectAsync(realtime, UserId.Create($"user-{i}"))).Client);
        }

        clients.ForEach(client => client.Transport.StopAnswering());
        Turn(realtime, 24.8); // everybody's time is all but over
        Step(realtime, TimeSpan.FromMinutes(10));
        Assert.Equal(200, realtime.Registry.Places.Taken);

        clients.ForEach(client => client.Transport.ClientSendPart(1));
        Turn(realtime, 10);
        Assert.Equal(200, realtime.Registry.Places.Taken);
        Turn(realtime, 40);
        Assert.Equal(0, realtime.Registry.Places.Taken); // and it does not excuse who says nothing more
    }

    [Fact]
    public async Task Host_StoodStill_ASignReadBeforeTheTickExcusesNobodyForThePause()
    {
        await using RealtimeHarness realtime = Start(25, Never);
        (FakeClient client, RealtimeConnection connection) = await ConnectAsync(realtime);
        Turn(realtime, 10);

        realtime.Time.Advance(TimeSpan.FromMinutes(10));
        await client.RoundTripAsync();
        client.Transport.GoSilent();
        realtime.Heartbeat.Tick();

        Assert.InRange(SecondsUntilClosed(realtime, connection), 15, 36); // asked within 10 s, and 25 s of silence
    }

    // A tick may be late by a quarter of the 10 s between two pings. A pause is taken off the silence, and the tick after it looks again.
    [Theory]
    [InlineData(2_700, 22.6, 25.3)]
    [InlineData(2_701, 22.6, 27.701)]
    [InlineData(600_000, 22.6, 625)]
    public async Task Host_LateByAsMuchAsToleratedAndMore_ShiftsTheDeadlineOnlyThen(int pauseMilliseconds, double before, double expected)
    {
        await using RealtimeHarness realtime = Start(25, Never);
        (_, RealtimeConnection connection) = await ConnectSilentAsync(realtime);
        Turn(realtime, before);

        Step(realtime, TimeSpan.FromMilliseconds(pauseMilliseconds));

        double seconds = before + (pauseMilliseconds / 1000.0) + (connection.CloseReason is null ? SecondsUntilClosed(realtime, connection) : 0);
        Assert.InRange(seconds, expected - 0.001, expected + 0.2);
    }

    [Fact]
    public async Task Pings_OfManyConnectionsThatCameAtOnce_AreSpreadOverTheInterval()
    {
        await using RealtimeHarness realtime = Start(25, 2, options => options.Limits.MaxConnections = 1_000);
        using ConnectionTests.MetricProbe pings = new(realtime, "netra.realtime.heartbeat.pings_sent");
        for (int i = 0; i < 500; i++)
        {
            await ConnectAsync(realtime, UserId.Create($"user-{i}"));
        }

        for (int tick = 1; tick <= 150; tick++)
        {
            Step(realtime, Tick);
            Assert.Equal(10 * tick, pings.Sum);
        }

        Step(realtime, 12 * Tick); // late, and not by a pause: it catches up, and nobody leaves their slot
        for (int tick = 162; tick <= 312; tick++)
        {
            Assert.Equal(10 * tick, pings.Sum);
            Step(realtime, Tick);
        }
    }

    [Fact]
    public async Task Timers_OfThousandsOfConnections_AreOne()
    {
        const int Many = 3_000;
        OddClock? clock = null;
        await using RealtimeHarness realtime = new(
            options => (options.Heartbeat.Interval, options.Limits.MaxConnections) = (TimeSpan.FromSeconds(10), Many), null, time => clock = new OddClock(time, 10_000_000));
        for (int i = 0; i < Many; i++)
        {
            realtime.Connect(UserId.Create($"user-{i}"));
        }

        realtime.Heartbeat.Start();
        Turn(realtime, 60);

        Assert.Equal(1, clock!.Timers);
        Assert.Equal(Many, realtime.Registry.Places.Taken);
    }

    [Fact]
    public async Task Wheel_WhoeverLeaves_IsOutOfItAtOnce()
    {
        await using RealtimeHarness realtime = Start(25, 2, options => options.Limits.MaxConnections = 1_000);
        for (int round = 0; round < 3; round++)
        {
            List<FakeClient> clients = [];
            for (int i = 0; i < 100; i++)
            {
                clients.Add((await ConnectAsync(realtime, UserId.Create($"user-{i}"))).Client);
            }

            Turn(realtime, 7); // some were looked at, some were not
            Assert.Equal(100, realtime.Registry.Wheel.Count);
            foreach (FakeClient client in clients)
            {
                client.Transport.ClientClose();
                await client.EndedAsync();
            }

            Assert.Equal(0, realtime.Registry.Wheel.Count);
        }
    }

    [Fact]
    public async Task Connection_EndsWhileATickLooksAtIt_LeavesTheWheel()
    {
        await using RealtimeHarness realtime = Start(25, 2);
        using BlockingGate gate = new();
        InMemoryTransport inner = new();
        WatchedTransport transport = new(inner);
        FakeClient client = new(inner, () => realtime.Connections.RunAsync(transport, new ConnectionRequest { User = RealtimeHarness.Alice }), answersClose: true);
        await client.StartedAsync();
        Turn(realtime, 9.8);

        transport.OnLook = gate.Block;
        Task tick = Task.Run(() => Step(realtime, Tick));
        await gate.Reached.OrFail();
        transport.OnLook = null;
        inner.Cut();
        await client.EndedAsync();
        gate.Open();
        await tick.OrFail();

        Assert.Equal((0, 0), (realtime.Registry.Count, realtime.Registry.Wheel.Count));
        Turn(realtime, 20);
    }

    [Fact]
    public async Task Transport_ThatBlocksInAPing_IsGivenUpAndTheOthersGoOnBeingPinged()
    {
        await using RealtimeHarness realtime = Start(25, 2);
        using ConnectionTests.MetricProbe pings = new(realtime, "netra.realtime.heartbeat.pings_sent");
        using BlockingGate gate = new();
        InMemoryTransport inner = new();
        WatchedTransport transport = new(inner) { OnPing = gate.Block };
        FakeClient bad = new(inner, () => realtime.Connections.RunAsync(transport, new ConnectionRequest { User = RealtimeHarness.Bob }), answersClose: true);
        await bad.StartedAsync();
        RealtimeConnection blocked = ConnectionTests.ConnectionsOf(realtime).Single();
        (_, RealtimeConnection connection) = await ConnectAsync(realtime);
        Turn(realtime, 9.8);
        long before = pings.Sum;

        Task tick = Task.Run(() => Step(realtime, Tick), CancellationToken.None);
        await gate.Reached.OrFail();
        Turn(realtime, 20);

        Assert.Equal((CloseReason.HeartbeatTimeout, null), (blocked.CloseReason, connection.CloseReason));
        Assert.Equal(3, pings.Sum - before); // that one, and two of the other's
        gate.Open();
        await tick.OrFail();
    }

    [Fact]
    public async Task Transport_ThatChangesWhoIsThereInAPing_HarmsNobody()
    {
        await using RealtimeHarness realtime = Start(25, 2, options => options.Limits.MaxConnections = 1_000);
        InMemoryTransport inner = new();
        WatchedTransport transport = new(inner);
        FakeClient client = new(inner, () => realtime.Connections.RunAsync(transport, new ConnectionRequest { User = RealtimeHarness.Bob }), answersClose: true);
        await client.StartedAsync();
        List<FakeClient> others = [];
        for (int i = 0; i < HeartbeatWheel.Slots; i++)
        {
            others.Add((await ConnectAsync(realtime, UserId.Create($"user-{i}"))).Client);
        }

        (FakeClient inItsSlot, RealtimeConnection leaving) = (others[^1], ConnectionTests.ConnectionsOf(realtime).Single(one => one.User == UserId.Create("user-49")));
        transport.OnPing = () =>
        {
            transport.OnPing = null;
            leaving.Close(CloseReason.Revoked);
            others.Add(realtime.Connect(UserId.Create("newcomer")));
            realtime.Heartbeat.Tick();
        };

        Turn(realtime, 10);
        await inItsSlot.EndedAsync();
        Turn(realtime, 40);

        Assert.Null(transport.OnPing);
        Assert.Equal(HeartbeatWheel.Slots + 1, realtime.Registry.Wheel.Count); // one left, one came
        await client.RoundTripAsync();
    }

    [Fact]
    public async Task Tick_NobodyIsPinged_AllocatesNothing()
    {
        await using RealtimeHarness realtime = Start(3_600, Never);
        await ConnectSilentAsync(realtime);
        Turn(realtime, 20);
        long allocated = 0;

        for (int i = 0; i < HeartbeatWheel.Slots - 1; i++)
        {
            realtime.Time.Advance(Tick);
            long before = GC.GetAllocatedBytesForCurrentThread();
            realtime.Heartbeat.Tick();
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public async Task Transport_ThatThrowsWhenLookedAt_CostsItsConnectionOnly()
    {
        await using RealtimeHarness realtime = Start(25, 2);
        InMemoryTransport inner = new();
        WatchedTransport transport = new(inner);
        FakeClient bad = new(inner, () => realtime.Connections.RunAsync(transport, new ConnectionRequest { User = RealtimeHarness.Bob }), answersClose: true);
        await bad.StartedAsync();
        (FakeClient good, _) = await ConnectAsync(realtime);
        transport.OnLook = () => throw new InvalidOperationException("a transport's fault");

        Turn(realtime, 60);

        Assert.Equal(CloseReason.Abnormal, await bad.EndedAsync());
        await good.RoundTripAsync();
        Assert.Equal((1, 1), (realtime.Registry.Count, realtime.Registry.Wheel.Count));
    }

    [Fact]
    public async Task Transport_ThatCannotPing_IsLeftToItself()
    {
        await using RealtimeHarness realtime = Start(25, 2);
        InMemoryTransport inner = new();
        WatchedTransport transport = new(inner) { CanPing = false };
        FakeClient client = new(inner, () => realtime.Connections.RunAsync(transport, new ConnectionRequest { User = RealtimeHarness.Alice }), answersClose: true);
        await client.StartedAsync();
        RealtimeConnection connection = ConnectionTests.ConnectionsOf(realtime).Single();

        Turn(realtime, 600);

        Assert.Null(connection.Heartbeat);
        Assert.Equal(0, realtime.Registry.Wheel.Count);
        Assert.Null(connection.CloseReason);
    }

    private static RealtimeHarness Start(double timeoutSeconds, int missed, Action<RealtimeOptions>? configure = null, long? clock = null)
    {
        RealtimeHarness realtime = new(
            options =>
            {
                options.Heartbeat.Interval = TimeSpan.FromSeconds(10);
                options.Heartbeat.Timeout = TimeSpan.FromSeconds(timeoutSeconds);
                options.Heartbeat.Missed = missed;
                configure?.Invoke(options);
            },
            clock: clock is { } frequency ? time => new OddClock(time, frequency) : null);
        _ = realtime.Heartbeat; // its time begins
        return realtime;
    }

    private static MeterListener ListenToRoundTrips(RealtimeHarness realtime, List<double> seconds)
    {
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter == realtime.Registry.Metrics.Meter && instrument.Name == "netra.realtime.heartbeat.rtt")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => seconds.Add(value));
        listener.Start();
        return listener;
    }

    private static async Task<(FakeClient Client, RealtimeConnection Connection)> ConnectAsync(RealtimeHarness realtime, UserId? user = null)
    {
        FakeClient client = realtime.Connect(user);
        WelcomeMessage welcome = (await client.StartedAsync()).Welcome;
        return (client, ConnectionTests.ConnectionsOf(realtime).Single(connection => connection.Id == welcome.ConnectionId));
    }

    private static async Task<(FakeClient Client, RealtimeConnection Connection)> ConnectSilentAsync(RealtimeHarness realtime, UserId? user = null)
    {
        (FakeClient client, RealtimeConnection connection) = await ConnectAsync(realtime, user);
        client.Transport.GoSilent();
        return (client, connection);
    }

    // The tick is called, as the timer would: a fake clock fires its timers on whichever thread looks at it.
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

    private static double SecondsUntilClosed(RealtimeHarness realtime, RealtimeConnection connection)
    {
        DateTimeOffset start = realtime.Time.GetUtcNow();
        while (connection.CloseReason is null)
        {
            Step(realtime, Tick);
            Assert.True(realtime.Time.GetUtcNow() - start < TimeSpan.FromHours(1), "never given up");
        }

        return (realtime.Time.GetUtcNow() - start).TotalSeconds;
    }

    /// <summary>Tells when it is looked at, and pinged, by the heartbeat.</summary>
    private sealed class WatchedTransport(InMemoryTransport inner) : IWebSocketTransport
    {
        public Action? OnLook { get; set; }

        public Action? OnPing { get; set; }

        public bool CanPing { get; init; } = true;

        public long ReceivedBytes
        {
            get
            {
                OnLook?.Invoke();
                return inner.ReceivedBytes;
            }
        }

        public ValueTask<ReceivedMessage> ReceiveAsync(int maxMessageBytes, CancellationToken cancellationToken = default) =>
            inner.ReceiveAsync(maxMessageBytes, cancellationToken);

        public ValueTask DrainAsync(CancellationToken cancellationToken = default) => inner.DrainAsync(cancellationToken);

        public ValueTask WriteAsync(MessageBatch batch) => inner.WriteAsync(batch);

        public ValueTask PingAsync(ReadOnlyMemory<byte> payload)
        {
            OnPing?.Invoke();
            return inner.PingAsync(payload);
        }

        public ValueTask CloseAsync(int code, string reason) => inner.CloseAsync(code, reason);

        public void Abort() => inner.Abort();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
