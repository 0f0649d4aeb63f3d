using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.Testing;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

public sealed class ConnectionTests
{
    [Fact]
    public async Task Connect_First_GetsWelcomeThenCursorThenEvents()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        (WelcomeMessage welcome, List<AgentEvent> replay) = await client.StartedAsync();
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("hello", 1);

        Assert.Equal(("alice", false, null), (welcome.UserId, welcome.Resumed, welcome.Reset));
        Assert.Empty(replay);
        Assert.Equal("hello", (await client.NextAsync<CustomEvent>()).Type);
    }

    [Fact]
    public async Task Events_OfOneUser_NeverReachAnother()
    {
        await using RealtimeHarness realtime = new();
        UserId[] users = [RealtimeHarness.Alice, RealtimeHarness.Bob, UserId.Create("Alice"), UserId.Create("alice", "a"), UserId.Create("alice", "b")];
        FakeClient[] clients = [.. users.Select(user => realtime.Connect(user))];
        for (int i = 0; i < users.Length; i++)
        {
            realtime.Emitters.CreateFor(users[i]).Emit("mine", i);
        }
        for (int i = 0; i < users.Length; i++)
        {
            clients[i].Transport.ClientClose();
            List<ServerMessage> messages = await clients[i].ToEndAsync();
            Assert.Equal([$"{i}"], messages.OfType<CustomEvent>().Select(e => e.Payload.ToString()));
        }
    }

    [Fact]
    public async Task ForeignStamp_InTheLog_WritesNothingOfItClosesWith1011AndCounts()
    {
        await using RealtimeHarness realtime = new();
        using MetricProbe violations = new(realtime, "netra.realtime.isolation.violations");
        FakeClient client = realtime.Connect(stalled: true);
        EventId id = realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("theirs", "secret").EventId;
        UserSession session = realtime.Sessions.Find(RealtimeHarness.Alice)!;
        lock (session.Gate)
        {
            object order = typeof(EventLog).GetField("_order", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(session.Log)!;
            ((SequenceRing)order)[id.Sequence].Entry!.WriteStamp(99);
        }
        client.Transport.Resume();

        List<ServerMessage> messages = await client.ToEndAsync();

        Assert.Equal(CloseReason.InternalError, await client.EndedAsync());
        Assert.DoesNotContain(messages, message => message is AgentEvent);
        Assert.Equal(1, violations.Sum);
    }

    [Fact]
    public async Task Admission_PerUser_ThirdIsWelcomeFourthIs1013()
    {
        await using RealtimeHarness realtime = new();
        using MetricProbe rejected = new(realtime, "netra.realtime.connections.rejected");
        FakeClient[] clients = [.. Enumerable.Range(0, 3).Select(_ => realtime.Connect())];
        FakeClient fourth = realtime.Connect();

        Assert.Equal(CloseReason.UserConnectionLimit, await fourth.EndedAsync());
        Assert.Equal((1013, "user connection limit"), await fourth.Transport.Closed.OrFail());
        Assert.Empty(await fourth.ToEndAsync());
        Assert.Equal((3, 1L), (realtime.Registry.Places.Taken, rejected.Sum));
        foreach (FakeClient client in clients)
        {
            await client.NextAsync<WelcomeMessage>();
        }

        clients[0].Transport.ClientClose();
        await clients[0].EndedAsync();
        await realtime.Connect().NextAsync<WelcomeMessage>();
    }

    [Fact]
    public async Task Admission_InAll_LimitIsWelcomeOneMoreIs1013()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxConnections = 5);
        for (int i = 0; i < 5; i++)
        {
            await realtime.Connect(UserId.Create($"user-{i}")).NextAsync<WelcomeMessage>();
        }

        FakeClient sixth = realtime.Connect(UserId.Create("user-5"));

        Assert.Equal(CloseReason.TotalConnectionLimit, await sixth.EndedAsync());
        Assert.Empty(await sixth.ToEndAsync());
        Assert.Equal(5, realtime.Registry.Count);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(500, 100)]
    public async Task Admission_500Race_NeverMoreThanTheLimit(int users, int admitted)
    {
        await using RealtimeHarness realtime = new();
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<FakeClient>[] racers = [.. Enumerable.Range(0, 500).Select(i => Task.Run(async () =>
        {
            await gate.Task;
            return realtime.Connect(UserId.Create($"user-{i % users}"));
        }))];
        gate.SetResult();
        FakeClient[] clients = await Task.WhenAll(racers).OrFail();

        int welcomes = 0;
        foreach (FakeClient client in clients)
        {
            welcomes += await client.Transport.Outbound.WaitToReadAsync().OrFail() ? 1 : 0;
        }

        Assert.Equal((admitted, admitted), (welcomes, realtime.Registry.Places.Taken));
        foreach (FakeClient client in clients)
        {
            client.Transport.ClientClose();
            await client.EndedAsync();
        }
        Assert.Equal((0, 0), (realtime.Registry.Places.Taken, realtime.Registry.Count));
    }

    [Fact]
    public async Task Supersede_SameClient_ClosesTheOldWith4509AndKeepsThePlace()
    {
        await using RealtimeHarness realtime = new();
        FakeClient old = realtime.ConnectAs("tab", answersClose: false);
        await old.StartedAsync();
        FakeClient other = realtime.ConnectAs("tab", RealtimeHarness.Bob);

        FakeClient newcomer = realtime.ConnectAs("tab");

        Assert.Equal((4509, "superseded"), await old.Transport.Closed.OrFail());
        await newcomer.StartedAsync();
        await other.StartedAsync();
        Assert.Equal(2, realtime.Registry.Places.Taken);

        // The old one leaves late: the place is the newcomer's.
        old.Transport.ClientClose();
        Assert.Equal(CloseReason.Superseded, await old.EndedAsync());
        Assert.Equal(2, realtime.Registry.Places.Taken);
        Assert.Equal(1, realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("hello", 1).Connections);
    }

    [Fact]
    public async Task Supersede_LoggerThrowsForTheNewcomer_TheOldIsToldAllTheSame()
    {
        int[] throwsFor = [0];
        await using RealtimeHarness realtime = new(build: builder => builder.Services.AddSingleton<Microsoft.Extensions.Logging.ILoggerFactory>(new LogProbe(throwsFor)));
        FakeClient old = realtime.ConnectAs("tab");
        await old.StartedAsync();
        throwsFor[0] = 1000;

        FakeClient newcomer = realtime.ConnectAs("tab");

        Assert.Equal(CloseReason.InternalError, await newcomer.EndedAsync());
        Assert.Equal(CloseReason.Superseded, await old.EndedAsync()); // its cursor is off the log: it must not stay open and hear nothing
        Assert.Equal((0, 0), (realtime.Registry.Places.Taken, realtime.Registry.Count));
    }

    [Fact]
    public async Task Supersede_AtTheLimit_IsAdmitted()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxConnections = 3);
        realtime.ConnectAs("a");
        realtime.ConnectAs("b");
        FakeClient old = realtime.ConnectAs("c");

        await realtime.ConnectAs("c").NextAsync<WelcomeMessage>();

        Assert.Equal(CloseReason.Superseded, await old.EndedAsync());
        Assert.Equal(3, realtime.Registry.Places.Taken);
    }

    [Fact]
    public async Task Close_ManyReasonsRace_TheFirstWinsAndOneIsSent()
    {
        for (int round = 0; round < LongTests.Times(50, 2_000); round++)
        {
            await using RealtimeHarness realtime = new();
            FakeClient client = realtime.Connect();
            await client.StartedAsync();
            RealtimeConnection connection = ConnectionsOf(realtime).Single();
            CloseReason[] reasons = [CloseReason.SlowConsumer, CloseReason.Revoked, CloseReason.InternalError, CloseReason.RateLimit];
            TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task[] closers = [.. reasons.Select(reason => Task.Run(async () =>
            {
                await gate.Task;
                connection.Close(reason);
            }, CancellationToken.None))];
            gate.SetResult();
            await Task.WhenAll(closers).OrFail();

            CloseReason first = connection.CloseReason!;
            Assert.Equal(first, await client.EndedAsync());
            Assert.Equal((first.Code, first.Reason), await client.Transport.Closed.OrFail());
            Assert.Equal((0, 0), (realtime.Registry.Places.Taken, realtime.Registry.Count));
        }
    }

    [Fact]
    public async Task Close_PeerNeverAnswers_AbortsAtTheDeadlineAndNotBefore()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect(answersClose: false);
        await client.StartedAsync();
        ConnectionsOf(realtime).Single().Close(CloseReason.Revoked);
        Assert.Equal((4500, "revoked"), await client.Transport.Closed.OrFail());

        realtime.Time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(client.Run.IsCompleted);
        Assert.Equal(0, realtime.Registry.Places.Taken);

        await AdvanceUntilAsync(realtime, client.Run, TimeSpan.FromSeconds(0.1), 3);
        Assert.Equal(CloseReason.Revoked, await client.EndedAsync());
        Assert.Equal(0, realtime.Registry.Count);
    }

    [Fact]
    public async Task SlowConsumer_NoProgressFor9Seconds_IsClosedWith4408AndNotBefore()
    {
        await using RealtimeHarness realtime = new();
        using MetricProbe attempts = new(realtime, "netra.realtime.delivery.attempts_failed");
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        RealtimeConnection connection = ConnectionsOf(realtime).Single();
        client.Transport.Stall();
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("stuck", 1);

        long[] failed = new long[10];
        for (int second = 1; second <= 8; second++)
        {
            realtime.Time.Advance(TimeSpan.FromSeconds(1));
            failed[second] = attempts.Sum;
            Assert.Null(connection.CloseReason);
        }
        Assert.Equal([0, 0, 1, 2, 2, 3, 3, 3, 3], failed[..9]);

        realtime.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(CloseReason.SlowConsumer, connection.CloseReason);
        Assert.Equal(0, realtime.Registry.Places.Taken);
    }

    [Fact]
    public async Task SlowConsumer_ProgressInTime_StartsAnew()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        for (int i = 0; i < 3; i++)
        {
            client.Transport.Stall();
            realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("slow", 1);
            for (int second = 0; second < 8; second++)
            {
                realtime.Time.Advance(TimeSpan.FromSeconds(1));
            }
            client.Transport.Resume();
            await client.NextAsync<CustomEvent>();
            await client.RoundTripAsync();
        }
        Assert.Null(ConnectionsOf(realtime).Single().CloseReason);
    }

    [Fact]
    public async Task SlowConsumer_WindowRunsOverWhileAFlushHangs_IsClosedWith4408AndResumes()
    {
        await using RealtimeHarness realtime = new(options => options.Retention.MaxEvents = 10);
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        UserEventEmitter emitter = realtime.Emitters.CreateFor(RealtimeHarness.Alice);
        client.Transport.Stall();
        EventId first = emitter.Emit("stuck", 1).EventId;
        for (int i = 0; i < 10; i++)
        {
            emitter.Emit("more", i);
        }
        Assert.Null(ConnectionsOf(realtime).Single().CloseReason);

        emitter.Emit("over", 1);

        Assert.Equal(CloseReason.SlowConsumer, ConnectionsOf(realtime).Single().CloseReason);
        client.Transport.Cut();
        await client.EndedAsync();
        FakeClient again = realtime.Connect(with: request => request with { LastEventId = first.At(2).ToString() });
        (WelcomeMessage welcome, List<AgentEvent> replay) = await again.StartedAsync();
        Assert.True(welcome.Resumed);
        Assert.Equal(10, replay.Count);
    }

    [Fact]
    public async Task SlowConsumer_WindowRunsOverWhileTheWelcomeHangs_IsClosedWith4408()
    {
        await using RealtimeHarness realtime = new(options => options.Retention.MaxEvents = 10);
        FakeClient client = realtime.Connect(stalled: true);
        for (int i = 0; i < 10; i++)
        {
            realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("step", i);
        }
        Assert.Null(ConnectionsOf(realtime).Single().CloseReason);

        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("over", 1);

        Assert.Equal(CloseReason.SlowConsumer, ConnectionsOf(realtime).Single().CloseReason);
        client.Transport.Cut();
        await client.EndedAsync();
    }

    [Fact]
    public async Task ControlLane_BehindABacklog_GoesFirst()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        client.Transport.Stall();
        UserEventEmitter emitter = realtime.Emitters.CreateFor(RealtimeHarness.Alice);
        emitter.Emit("in_flight", 1);
        for (int i = 0; i < 20; i++)
        {
            emitter.Emit("waiting", new string('x', 4_000));
        }
        ConnectionsOf(realtime).Single().Send(new PongMessage { Ref = "p" });
        client.Transport.Resume();

        Assert.Equal("in_flight", (await client.NextAsync()).Type);
        Assert.Equal("pong", (await client.NextAsync()).Type);
        Assert.Equal("waiting", (await client.NextAsync()).Type);
    }

    [Fact]
    public async Task ControlLane_MoreAnswersThanItHolds_ClosesWith4408()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        client.Transport.Stall();
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("in_flight", 1);
        RealtimeConnection connection = ConnectionsOf(realtime).Single();
        for (int i = 0; i < 64; i++)
        {
            connection.Send(new PongMessage());
        }
        Assert.Null(connection.CloseReason);

        connection.Send(new PongMessage());

        Assert.Equal(CloseReason.SlowConsumer, connection.CloseReason);
    }

    [Fact]
    public async Task Expiry_OfCredentials_ClosesWith4401AtItsTime()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect(with: request => request with { ExpiresAt = realtime.Time.GetUtcNow().AddMinutes(5) });
        await client.StartedAsync();

        realtime.Time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
        Assert.Null(ConnectionsOf(realtime).Single().CloseReason);
        realtime.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(CloseReason.CredentialsExpired, await client.EndedAsync());
        Assert.Equal((4401, "credentials expired"), await client.Transport.Closed.OrFail());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-60)]
    public async Task Expiry_AlreadyPast_ClosesWith4401AtOnce(int seconds)
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect(with: request => request with { ExpiresAt = realtime.Time.GetUtcNow().AddSeconds(seconds) });

        Assert.Equal(CloseReason.CredentialsExpired, await client.EndedAsync());
    }

    [Fact]
    public async Task Expiry_BeyondTheLongestTimer_StillComesAtItsTime()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect(with: request => request with { ExpiresAt = realtime.Time.GetUtcNow().AddDays(100) });
        await client.StartedAsync();
        for (int day = 0; day < 99; day++)
        {
            realtime.Time.Advance(TimeSpan.FromDays(1));
        }
        Assert.Null(ConnectionsOf(realtime).Single().CloseReason);

        realtime.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(CloseReason.CredentialsExpired, await client.EndedAsync());
    }

    [Fact]
    public async Task Peer_ClosesOrVanishes_EndsAndFreesThePlace()
    {
        await using RealtimeHarness realtime = new();
        FakeClient closing = realtime.Connect();
        FakeClient vanishing = realtime.Connect();
        closing.Transport.ClientClose(4000);
        vanishing.Transport.Cut();

        Assert.Equal(CloseReason.Normal, await closing.EndedAsync());
        Assert.Equal(CloseReason.Abnormal, await vanishing.EndedAsync());
        Assert.Equal((0, 0), (realtime.Registry.Places.Taken, realtime.Registry.Count));
    }

    [Fact]
    public async Task TwoTabs_OneDiesMidRun_ItResumesExactlyTheMissingPart()
    {
        await using RealtimeHarness realtime = new();
        FakeClient stays = realtime.Connect();
        FakeClient dies = realtime.Connect();
        await stays.StartedAsync();
        await dies.StartedAsync();
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice, new ThreadId("t-1")).StartRun("agent");
        run.Respond("a");
        await dies.NextAsync<AgentStarted>();
        AgentResponding last = await dies.NextAsync<AgentResponding>();
        dies.Transport.Cut();
        await dies.EndedAsync();
        run.Respond("b");
        run.Respond("c");

        FakeClient again = realtime.Connect(with: request => request with { LastEventId = last.Id.ToString() });
        (WelcomeMessage welcome, List<AgentEvent> replay) = await again.StartedAsync();
        run.Complete();

        Assert.True(welcome.Resumed);
        Assert.Equal("bc", Assert.IsType<AgentResponding>(Assert.Single(replay)).Delta);
        await again.NextAsync<AgentCompleted>();
        await stays.UntilAsync<AgentCompleted>();
    }

    [Fact]
    public async Task Cycles_AThousand_LeaveNothingBehind()
    {
        await using RealtimeHarness realtime = new();
        using MetricProbe open = new(realtime, "netra.realtime.connections.open");
        for (int i = 0; i < 1_000; i++)
        {
            FakeClient client = realtime.Connect();
            client.Transport.ClientClose();
            await client.EndedAsync();
        }
        Assert.Equal((0, 0, 0L), (realtime.Registry.Places.Taken, realtime.Registry.Count, open.Sum));
        lock (realtime.Sessions.Find(RealtimeHarness.Alice)!.Gate)
        {
            Assert.Empty(realtime.Sessions.Find(RealtimeHarness.Alice)!.Log.CursorsLocked);
        }
    }

    [Fact]
    public async Task Stop_WithConnections_TellsEverybodyAndClosesWith1012()
    {
        await using RealtimeHarness realtime = new();
        FakeClient[] clients = [realtime.Connect(), realtime.Connect(RealtimeHarness.Bob)];

        await realtime.Connections.StopAsync(CancellationToken.None).OrFail();

        foreach (FakeClient client in clients)
        {
            Assert.Equal(CloseReason.ServiceRestart, await client.EndedAsync());
        }
        Assert.True(realtime.Connections.IsStopping);
        Assert.Equal(CloseReason.ServiceRestart, await realtime.Connect().EndedAsync());
    }

    internal static IEnumerable<RealtimeConnection> ConnectionsOf(RealtimeHarness realtime)
    {
        object all = typeof(ConnectionRegistry).GetField("_connections", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(realtime.Registry)!;
        return ((System.Collections.Concurrent.ConcurrentDictionary<ConnectionId, RealtimeConnection>)all).Values;
    }

    // A deadline that is made on the pool may be made a moment after the clock moved: a few more moves reach it.
    private static async Task AdvanceUntilAsync(RealtimeHarness realtime, Task task, TimeSpan step, int seconds)
    {
        for (int i = 0; i < 50 * seconds && !task.IsCompleted; i++)
        {
            realtime.Time.Advance(step);
            await Task.Yield();
        }
        await task.OrFail();
    }

    internal sealed class MetricProbe : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _sum;

        public MetricProbe(RealtimeHarness realtime, string name)
        {
            _ = realtime.Registry.Metrics;
            IMeterFactory meters = realtime.Services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == name && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _sum, value));
            _listener.Start();
        }

        public long Sum => Interlocked.Read(ref _sum);

        public void Dispose() => _listener.Dispose();
    }
}
