using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;
using EventId = Netra.Realtime.Protocol.EventId; // not the one of logging

namespace Netra.Realtime.Tests.Sessions;

public sealed class UndeliveredEventTests
{
    private static readonly UserId Alice = RealtimeHarness.Alice;

    private readonly ConcurrentQueue<UndeliveredEvents> _handled = new();

    [Fact]
    public async Task Bounds_EventsLeaveUnread_EachIsHandledOnceWithItsRun()
    {
        await using RealtimeHarness realtime = Harness(options => options.Retention.MaxEvents = 10);
        await using RunEmitter run = realtime.Emitters.CreateFor(Alice, new ThreadId("t-1")).StartRun("researcher", new RunStart { RunId = new RunId("r-1") });
        Notes(realtime, 9);
        await HandledAsync(realtime);
        Assert.Empty(_handled);

        Notes(realtime, 5);
        await HandledAsync(realtime);

        Assert.All(_handled, batch => Assert.Equal((Alice, UndeliveredReason.Bounds), (batch.User, batch.Reason)));
        UndeliveredEvents ofRun = Assert.Single(_handled, batch => batch.Run is not null);
        Assert.Equal((new ThreadId("t-1"), new RunId("r-1")), (ofRun.Thread!.Value, ofRun.Run!.Value));
        Assert.IsType<AgentStarted>(Assert.Single(ofRun.Events));
        Assert.Equal([2L, 3L, 4L, 5L], SequencesOf(_handled.Where(batch => batch.Run is null)));
    }

    [Fact]
    public async Task Age_EventsExpireUnread_AreHandled()
    {
        await using RealtimeHarness realtime = Harness();
        Notes(realtime, 2);
        FakeClient client = realtime.Connect(with: request => request with { Start = ReplayStart.Live }); // so that the session stays
        await client.StartedAsync();
        realtime.Time.Advance(TimeSpan.FromSeconds(180));
        realtime.Sweeper.Sweep();
        Assert.Empty(_handled);

        realtime.Time.Advance(TimeSpan.FromMilliseconds(1));
        realtime.Sweeper.Sweep();
        await HandledAsync(realtime);

        UndeliveredEvents batch = Assert.Single(_handled);
        Assert.Equal((UndeliveredReason.Age, 2), (batch.Reason, batch.Events.Count));
    }

    [Fact]
    public async Task Eviction_OfTheSession_HandlesWhatIsLeftOneBatchARun()
    {
        await using RealtimeHarness realtime = Harness(options => options.Retention.MaxAge = TimeSpan.FromDays(1));
        UserEventEmitter emitter = realtime.Emitters.CreateFor(Alice);
        foreach (string id in new[] { "r-1", "r-2" })
        {
            await using RunEmitter run = emitter.StartRun("researcher", new RunStart { RunId = new RunId(id) });
            run.Think("not handed over");
            run.ExecuteTool("search").Complete("found");
            run.Complete("done");
        }

        realtime.Time.Advance(TimeSpan.FromSeconds(180));
        realtime.Sweeper.Sweep();
        await HandledAsync(realtime);

        Assert.Equal(["r-1", "r-2"], _handled.Select(batch => batch.Run!.Value.Value).Order());
        Assert.All(_handled, batch =>
        {
            Assert.Equal(UndeliveredReason.Evicted, batch.Reason);
            Assert.Equal([EventTypes.AgentStarted, EventTypes.ToolExecuting, EventTypes.ToolCompleted, EventTypes.AgentCompleted], batch.Events.Select(e => e.Type));
        });
    }

    [Fact]
    public async Task AllFourWays_OneAfterTheOther_EachIsHandledOnceAndNothingThatWasDelivered()
    {
        await using RealtimeHarness realtime = Harness(options => (options.Retention.MaxEvents, options.Retention.MaxAge) = (10, TimeSpan.FromSeconds(200)));
        await DeliverAsync(realtime, 5);

        Notes(realtime, 10); // 1 to 5 leave, which were delivered
        Notes(realtime, 3); // 6 to 8 leave
        FakeClient live = realtime.Connect(with: request => request with { Start = ReplayStart.Live }); // so that the session stays
        await live.StartedAsync();
        realtime.Time.Advance(TimeSpan.FromSeconds(201));
        realtime.Sweeper.Sweep();
        live.Transport.Cut();
        await live.Run.OrFail();

        Notes(realtime, 2);
        realtime.Time.Advance(TimeSpan.FromSeconds(180));
        realtime.Sweeper.Sweep();
        Assert.Null(realtime.Sessions.Find(Alice));

        await DeliverAsync(realtime, 2);
        Notes(realtime, 2);
        await realtime.EndAsync().OrFail();

        Assert.Equal(
            [
                .. Range(6, 8, UndeliveredReason.Bounds), .. Range(9, 18, UndeliveredReason.Age),
                .. Range(19, 20, UndeliveredReason.Evicted), .. Range(23, 24, UndeliveredReason.HostStopped),
            ],
            _handled.SelectMany(batch => batch.Events.Select(e => (e.Id.Sequence, batch.Reason))));

        static IEnumerable<(long, UndeliveredReason)> Range(int from, int to, UndeliveredReason reason) =>
            Enumerable.Range(from, to - from + 1).Select(sequence => ((long)sequence, reason));

        static async Task DeliverAsync(RealtimeHarness realtime, int count)
        {
            FakeClient client = realtime.Connect();
            await client.StartedAsync();
            Notes(realtime, count);
            for (int i = 0; i < count; i++)
            {
                await client.UntilAsync<CustomEvent>();
            }

            client.Transport.Cut();
            await client.Run.OrFail();
        }
    }

    [Fact]
    public async Task Stop_OfTheHost_HandlesWhatIsLeftAndSaysHowMany()
    {
        CountingLogger logs = new();
        await using RealtimeHarness realtime = Harness(services: services => services.AddSingleton<ILoggerFactory>(logs));
        FakeClient client = realtime.Connect(RealtimeHarness.Bob);
        await client.StartedAsync();
        realtime.Emitters.CreateFor(RealtimeHarness.Bob).Emit("note", 1);
        await client.UntilAsync<CustomEvent>();
        Notes(realtime, 3);
        await using (RunEmitter run = realtime.Emitters.CreateFor(Alice).StartRun("researcher"))
        {
            run.Think("a piece");
            run.Think("and another");
            run.Complete();
        }

        await realtime.Connections.StopAsync(CancellationToken.None).OrFail();
        await realtime.EndAsync().OrFail();

        Assert.All(_handled, batch => Assert.Equal((Alice, UndeliveredReason.HostStopped), (batch.User, batch.Reason)));
        Assert.Equal([1L, 2L, 3L, 4L, 7L], SequencesOf(_handled));
        Assert.StartsWith("Stopped: 5 events and 2 pieces of text", logs.Lines.Last(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Flush_UnderWayWhenTheyLeave_Decides(bool flushed)
    {
        await using RealtimeHarness realtime = Harness(options => options.Retention.MaxEvents = 10);
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        client.Transport.Stall();
        Notes(realtime, 1);
        Notes(realtime, 20);
        await HandledAsync(realtime);
        Assert.DoesNotContain(1, SequencesOf(_handled));

        if (flushed)
        {
            client.Transport.Resume();
        }
        else
        {
            client.Transport.Cut();
        }

        await client.Run.OrFail(); // it was overrun, or it was cut
        await HandledAsync(realtime);

        Assert.Equal(flushed ? 0 : 1, SequencesOf(_handled).Count(sequence => sequence == 1));
        Assert.Equal(SequencesOf(_handled).Distinct(), SequencesOf(_handled));
    }

    [Fact]
    public async Task Flush_OfSeveralThatFails_HandsThemOverInTheirOrder()
    {
        await using RealtimeHarness realtime = Harness(options => options.Retention.MaxEvents = 10);
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        client.Transport.Stall();
        using (realtime.Emitters.Batch())
        {
            Notes(realtime, 4);
        }

        Notes(realtime, 20);
        client.Transport.Cut();
        await client.Run.OrFail();
        await HandledAsync(realtime);

        Assert.Equal([1L, 2L, 3L, 4L], SequencesOf(_handled).Where(sequence => sequence <= 4));
    }

    [Fact]
    public async Task Classes_ThatMayBeLost_AreNotHandedOver()
    {
        await using RealtimeHarness realtime = Harness();
        UserEventEmitter emitter = realtime.Emitters.CreateFor(Alice);
        emitter.Emit("state", 1, EmitOptions.Latest("k"));
        emitter.Emit("state", 2, EmitOptions.Latest("k"));
        emitter.Emit("cursor_moved", 1, EmitOptions.Volatile);
        emitter.Emit("note", 1);

        await realtime.EndAsync().OrFail();

        Assert.Equal([4L], SequencesOf(_handled));
    }

    [Fact]
    public async Task Handler_Throws_IsCountedAndTheOthersAreHandled()
    {
        await using RealtimeHarness realtime = Harness(build: builder => builder.Services.AddSingleton<Func<UndeliveredEvents, Task>>(
            batch => batch.User == Alice ? throw new InvalidOperationException("The store is away.") : Remember(batch)));
        Notes(realtime, 2);
        realtime.Emitters.CreateFor(RealtimeHarness.Bob).Emit("note", 1);

        await realtime.EndAsync().OrFail();

        Assert.Equal(RealtimeHarness.Bob, Assert.Single(_handled).User);
        Assert.Equal(2, realtime.Sessions.Pool.Counters.Unhandled);
    }

    [Fact]
    public async Task Event_AsDeepAsAnEmitterWrites_IsHandedOver()
    {
        await using RealtimeHarness realtime = Harness();
        string deep = new string('[', 128) + new string(']', 128);
        Assert.True(realtime.Emitters.CreateFor(Alice).Emit("note", EventPayload.FromJson(Encoding.UTF8.GetBytes(deep))).IsInLog);

        await realtime.EndAsync().OrFail();

        Assert.Equal(deep, Assert.IsType<CustomEvent>(Assert.Single(Assert.Single(_handled).Events)).Payload.GetRawText());
    }

    [Fact]
    public async Task Event_ThatCannotBeRead_IsCountedAndTheOthersAreHandled()
    {
        await using RealtimeHarness realtime = Harness(options => options.Retention.MaxEvents = 10);
        Notes(realtime, 1);
        LogEntry broken = EntryOf(realtime, 1);
        broken.Block.AsSpan(broken.Start + LogEntry.StampBytes, broken.Length - broken.Start - LogEntry.StampBytes).Fill((byte)'?');

        Notes(realtime, 11);
        await HandledAsync(realtime);
        Assert.Equal([2L], SequencesOf(_handled));
        Assert.Equal(1, realtime.Sessions.Pool.Counters.Unhandled);

        Notes(realtime, 1);
        await HandledAsync(realtime);
        Assert.Equal([2L, 3L], SequencesOf(_handled)); // and it goes on
    }

    [Fact]
    public async Task Stopped_SomethingStartsRunsForEver_ItStartsNoMore()
    {
        await using RealtimeHarness realtime = Harness();
        UserEventEmitter emitter = realtime.Emitters.CreateFor(Alice);
        await using RunEmitter first = emitter.StartRun("researcher");
        List<EmitResult> later = [];

        await realtime.Connections.EndAsync(
            (session, run) =>
            {
                later.Add(emitter.StartRun("researcher").Started); // before the other has ended
                realtime.Runs.End(session, run);
            },
            CancellationToken.None).OrFail();

        Assert.Equal(new EmitResult(EmitStatus.Refused, Refusal: EmitRefusal.HostStopped), Assert.Single(later));
        Assert.Equal([1L, 2L], SequencesOf(_handled));
    }

    [Fact]
    public async Task Stopped_Room_SaysSo()
    {
        await using RealtimeHarness realtime = Harness();
        RoomId room = new("lobby");
        realtime.Services.GetRequiredService<RealtimeRooms>().Join(Alice, room);
        RoomEmitter emitter = realtime.Emitters.CreateFor(room);
        Assert.Equal((1, EmitRefusal.None), (emitter.Emit("note", 1).Members, emitter.Emit("note", 2).Refusal));

        await realtime.EndAsync().OrFail();

        Assert.Equal(new RoomEmitResult(Refusal: EmitRefusal.HostStopped), emitter.Emit("note", 3));
    }

    [Fact]
    public async Task Stop_EverybodyHasLeft_NobodyWaitsForAReceipt()
    {
        await using RealtimeHarness realtime = Harness();
        UserEventEmitter emitter = realtime.Emitters.CreateFor(Alice);
        EventId before = emitter.Emit("note", 1).EventId;
        Task<AcknowledgementOutcome> acknowledged = emitter.WhenAcknowledgedAsync(before, TimeSpan.FromDays(1));
        Task<DeliveryOutcome> delivered = emitter.WhenDeliveredAsync(before);

        await realtime.Connections.StopAsync(CancellationToken.None).OrFail();
        Assert.Equal((AcknowledgementOutcome.NotAcknowledged, DeliveryOutcome.NotDelivered), (await acknowledged.OrFail(), await delivered.OrFail()));

        EventId after = emitter.Emit("note", 2).EventId; // what stops later may still emit, and it counts as undelivered
        Assert.Equal(AcknowledgementOutcome.NotAcknowledged, await emitter.WhenAcknowledgedAsync(after, TimeSpan.FromDays(1)).OrFail());
        Assert.Equal(DeliveryOutcome.NotDelivered, await emitter.WhenDeliveredAsync(after).OrFail());

        await realtime.EndAsync().OrFail();
        Assert.Equal([1L, 2L], SequencesOf(_handled));
    }

    [Fact]
    public async Task Stopped_NothingIsAcceptedThatNobodyWouldCount()
    {
        await using RealtimeHarness realtime = Harness();
        UserEventEmitter known = realtime.Emitters.CreateFor(Alice);
        known.Emit("note", 1);
        await using RunEmitter late = known.StartRun("researcher"); // after the stop has ended all runs

        await realtime.EndAsync().OrFail();
        Assert.Equal([1L, 2L, 3L], SequencesOf(_handled));
        Assert.Equal((RunEnd.Interrupted, 0L), (late.EndedAs, realtime.Sessions.Pool.Counters.OpenRuns));

        EmitResult refused = new(EmitStatus.Refused, Refusal: EmitRefusal.HostStopped);
        foreach (UserEventEmitter emitter in new[] { known, realtime.Emitters.CreateFor(RealtimeHarness.Bob) })
        {
            Assert.Equal(refused, emitter.Emit("note", 2));
            await using RunEmitter run = emitter.StartRun("researcher");
            Assert.Equal(refused, run.Started);
            Assert.Equal(EmitRefusal.RunEnded, run.Think("?").Refusal);
        }

        await realtime.EndAsync().OrFail();
        Assert.Equal([1L, 2L, 3L], SequencesOf(_handled));
    }

    [Fact]
    public async Task Stop_MoreLeftThanMayWait_IsHandedOverNoFasterThanItIsTaken()
    {
        const int Users = 120; // of 1,000 events each
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int handled = 0;
        await using RealtimeHarness realtime = Harness(build: builder => builder.Services.AddSingleton<Func<UndeliveredEvents, Task>>(async batch =>
        {
            await gate.Task;
            handled += batch.Events.Count;
        }));
        for (int i = 0; i < Users * 1_000; i++)
        {
            realtime.Emitters.CreateFor(UserId.Create($"away-{i / 1_000}")).Emit("note", i);
        }

        Task end = realtime.EndAsync();
        gate.SetResult();
        await end.OrFail();

        Assert.Equal((Users * 1_000, 0L), (handled, realtime.Sessions.Pool.Counters.Unhandled));
    }

    [Fact]
    public async Task Block_OfAnotherUser_IsKeptBackAndCounted()
    {
        await using RealtimeHarness realtime = Harness(options => options.Retention.MaxEvents = 10);
        Notes(realtime, 2);
        EntryOf(realtime, 1).WriteStamp(99);

        await realtime.EndAsync().OrFail();

        Assert.Equal([2L], SequencesOf(_handled));
        Assert.Equal(1, realtime.Registry.Metrics.ForeignStampCount);
    }

    [Fact]
    public async Task NoHandler_NothingIsCopied()
    {
        await using RealtimeHarness realtime = new(options => options.Retention.MaxEvents = 10);

        Notes(realtime, 20);

        Assert.Null(realtime.Sessions.Undelivered);
        Assert.Equal(10, realtime.Sessions.Pool.Counters.Undelivered);
    }

    private static LogEntry EntryOf(RealtimeHarness realtime, long sequence)
    {
        UserSession session = realtime.Sessions.Find(Alice)!; // it has events
        lock (session.Gate)
        {
            SequenceRing order = (SequenceRing)typeof(EventLog).GetField("_order", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(session.Log)!;
            return order[sequence].Entry!;
        }
    }

    private static void Notes(RealtimeHarness realtime, int count)
    {
        for (int i = 0; i < count; i++)
        {
            realtime.Emitters.CreateFor(Alice).Emit("note", i);
        }
    }

    private static Task HandledAsync(RealtimeHarness realtime) => realtime.Sessions.Undelivered!.WhenIdleAsync().OrFail(); // a handler is registered

    private static IEnumerable<long> SequencesOf(IEnumerable<UndeliveredEvents> batches) => batches.SelectMany(batch => batch.Events).Select(e => e.Id.Sequence);

    private Task Remember(UndeliveredEvents batch)
    {
        _handled.Enqueue(batch);
        return Task.CompletedTask;
    }

    private RealtimeHarness Harness(
        Action<RealtimeOptions>? configure = null, Action<RealtimeBuilder>? build = null, Action<IServiceCollection>? services = null) => new(configure, builder =>
    {
        services?.Invoke(builder.Services);
        builder.Services.AddSingleton<Func<UndeliveredEvents, Task>>(Remember);
        builder.UseUndeliveredEventHandler<Handler>();
        build?.Invoke(builder);
    });

    private sealed class Handler(Func<UndeliveredEvents, Task> handle) : IUndeliveredEventHandler
    {
        public Task HandleAsync(UndeliveredEvents events) => handle(events);
    }

    private sealed class CountingLogger : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
