using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Sessions;

public sealed class EventLogDeliveryTests
{
    private readonly LogHarness _log = new(maxEvents: 10);

    [Fact]
    public async Task WhenDelivered_Flushed_IsDelivered()
    {
        EventId id = Emit();
        Task<DeliveryOutcome> delivered = _log.Session.WhenDelivered(id);
        TestCursor cursor = _log.Attach();

        cursor.BeginRead();
        Assert.False(delivered.IsCompleted);
        cursor.EndRead();

        Assert.Equal(DeliveryOutcome.Delivered, await delivered.OrFail());
        Assert.Equal(DeliveryOutcome.Delivered, await _log.Session.WhenDelivered(id).OrFail());
    }

    [Fact]
    public async Task WhenDelivered_FlushFailed_WaitsForTheNext()
    {
        EventId id = Emit();
        Task<DeliveryOutcome> delivered = _log.Session.WhenDelivered(id);
        TestCursor failing = _log.Attach();
        failing.BeginRead();
        failing.EndRead(flushed: false);
        Assert.False(delivered.IsCompleted);

        Assert.Single(_log.Attach().ReadEvents());

        Assert.Equal(DeliveryOutcome.Delivered, await delivered.OrFail());
    }

    [Fact]
    public void WhenDelivered_ReaderWhoseFilterHidesIt_DoesNotCount()
    {
        EventId one = Emit("t-1");
        Task<DeliveryOutcome> delivered = _log.Session.WhenDelivered(one);
        EventId two = Emit("t-2");
        Task<DeliveryOutcome> other = _log.Session.WhenDelivered(two);

        TestCursor cursor = _log.Attach(filter: LogHarness.Threads("t-2"));
        cursor.ReadAll();

        Assert.False(delivered.IsCompleted);
        Assert.True(other.IsCompletedSuccessfully);
    }

    [Fact]
    public void WhenDelivered_FilterChangedWhileInFlight_CountsWhatWasFlushed()
    {
        TestCursor cursor = _log.Attach(filter: LogHarness.Threads("t-1"));
        Task<DeliveryOutcome> one = _log.Session.WhenDelivered(Emit("t-1"));
        Task<DeliveryOutcome> two = _log.Session.WhenDelivered(Emit("t-2"));

        cursor.BeginRead();
        cursor.Subscribe(LogHarness.Threads("t-2"));
        cursor.EndRead();

        Assert.True(one.IsCompletedSuccessfully);
        Assert.False(two.IsCompleted);
    }

    [Fact]
    public async Task WhenDelivered_TrimmedUnread_IsNotDelivered()
    {
        Task<DeliveryOutcome> outcome = _log.Session.WhenDelivered(Emit());
        EmitMany(10);

        Assert.Equal(DeliveryOutcome.NotDelivered, await outcome.OrFail());
        Assert.Equal(1, _log.Sessions.Pool.Counters.Undelivered);
    }

    [Theory]
    [InlineData(true, DeliveryOutcome.Delivered, 0)]
    [InlineData(false, DeliveryOutcome.NotDelivered, 1)]
    public async Task WhenDelivered_TrimmedWhileInFlight_TheFlushDecides(bool flushed, DeliveryOutcome expected, int undelivered)
    {
        EventId id = Emit();
        Task<DeliveryOutcome> outcome = _log.Session.WhenDelivered(id);
        TestCursor cursor = _log.Attach();
        cursor.BeginRead();
        EmitMany(10);
        Assert.Equal(2, _log.Session.Log.Tail);
        Assert.False(outcome.IsCompleted);
        Task<DeliveryOutcome> askedLate = _log.Session.WhenDelivered(id);

        cursor.EndRead(flushed);

        Assert.Equal(expected, await outcome.OrFail());
        Assert.Equal(expected, await askedLate.OrFail());
        Assert.Equal(undelivered, _log.Sessions.Pool.Counters.Undelivered);
    }

    [Fact]
    public async Task WhenDelivered_TrimmedWhileTwoFlush_OneThatSucceedsIsEnough()
    {
        Task<DeliveryOutcome> outcome = _log.Session.WhenDelivered(Emit());
        TestCursor one = _log.Attach();
        TestCursor two = _log.Attach();
        one.BeginRead();
        two.BeginRead();
        EmitMany(10);

        one.EndRead(flushed: false);
        Assert.False(outcome.IsCompleted);
        two.EndRead();

        Assert.Equal(DeliveryOutcome.Delivered, await outcome.OrFail());
        Assert.Equal(0, _log.Sessions.Pool.Counters.Undelivered);
    }

    [Fact]
    public async Task WhenDelivered_Superseded_IsNotDelivered()
    {
        EmitResult first = _log.Emitter().Emit("state", 1, EmitOptions.Latest("k"));
        Task<DeliveryOutcome> outcome = _log.Session.WhenDelivered(first.EventId);
        _log.Emitter().Emit("state", 2, EmitOptions.Latest("k"));

        Assert.Equal(DeliveryOutcome.NotDelivered, await outcome.OrFail());
        Assert.Equal(DeliveryOutcome.NotDelivered, await _log.Session.WhenDelivered(first.EventId).OrFail());
        Assert.Equal(0, _log.Sessions.Pool.Counters.Undelivered);
    }

    [Theory]
    [InlineData(true, DeliveryOutcome.Delivered)]
    [InlineData(false, DeliveryOutcome.NotDelivered)]
    public async Task WhenDelivered_SupersededWhileInFlight_TheFlushDecides(bool flushed, DeliveryOutcome expected)
    {
        EmitResult first = _log.Emitter().Emit("state", 1, EmitOptions.Latest("k"));
        Task<DeliveryOutcome> outcome = _log.Session.WhenDelivered(first.EventId);
        TestCursor cursor = _log.Attach();
        cursor.BeginRead();
        _log.Emitter().Emit("state", 2, EmitOptions.Latest("k"));
        Assert.False(outcome.IsCompleted);

        cursor.EndRead(flushed);

        Assert.Equal(expected, await outcome.OrFail());
        Assert.Equal(0, _log.Sessions.Pool.Counters.Undelivered);
    }

    [Fact]
    public async Task WhenDelivered_IdsTheLogDoesNotKnow_AreUnknown()
    {
        EventId id = Emit();
        EmitMany(10);

        Assert.Equal(DeliveryOutcome.Unknown, await _log.Session.WhenDelivered(id).OrFail());
        Assert.Equal(DeliveryOutcome.Unknown, await _log.Session.WhenDelivered(id.At(0)).OrFail());
        Assert.Equal(DeliveryOutcome.Unknown, await _log.Session.WhenDelivered(id.At(12)).OrFail());
        Assert.Equal(DeliveryOutcome.Unknown, await _log.Session.WhenDelivered(EventId.Parse("zzz-5", null)).OrFail());
        Assert.Equal(DeliveryOutcome.Unknown, await _log.Emitters.CreateFor(UserId.Create("bob")).WhenDeliveredAsync(id.At(5)).OrFail());
    }

    [Fact]
    public async Task WhenDelivered_SessionEvicted_IsNotDelivered()
    {
        Task<DeliveryOutcome> outcome = _log.Session.WhenDelivered(Emit());
        _log.Time.Advance(TimeSpan.FromSeconds(180));
        _log.Sessions.Sweep();

        Assert.Equal(DeliveryOutcome.NotDelivered, await outcome.OrFail());
    }

    [Fact]
    public void PendingBytes_ReadAndFlushed_IsZeroAgain()
    {
        TestCursor cursor = _log.Attach();
        cursor.ReadAll();
        RunEmitter run = _log.StartRun();
        run.Respond("text");
        EmitResult last = run.Respond("more");
        Assert.Equal(cursor.PendingBytes, last.PendingBytes);
        Assert.NotEqual(0, cursor.PendingBytes);

        cursor.BeginRead();
        Assert.NotEqual(0, cursor.PendingBytes);
        cursor.EndRead();

        Assert.Equal(0, cursor.PendingBytes);
    }

    [Fact]
    public void PendingBytes_SupersededTrimmedSubscribed_IsZeroAgain()
    {
        TestCursor cursor = _log.Attach(filter: LogHarness.Threads("t-1"));
        cursor.ReadAll();
        RunEmitter run = _log.StartRun();
        ToolCall call = run.ExecuteTool("tool", 1);
        call.Progress(1);
        cursor.BeginRead();
        call.Progress(2);
        call.Complete();
        Emit("t-2");
        cursor.Subscribe(LogHarness.Threads("t-1", "t-2"));
        cursor.EndRead();
        cursor.Subscribe(LogHarness.Threads("t-2"));
        run.Respond("unseen");
        cursor.Subscribe(EventFilter.All);
        _log.Emitter().Emit("typing", 1, EmitOptions.Volatile);
        cursor.BeginRead();
        EmitMany(15);
        cursor.EndRead();
        EmitMany(15);
        cursor.ReadAll();

        Assert.Equal(0, cursor.PendingBytes);
    }

    [Theory]
    [InlineData(ReplayStart.Open)]
    [InlineData(ReplayStart.Undelivered)]
    public void PendingBytes_ReplayThatLeavesDeliveredOnesOut_IsZeroAgain(ReplayStart start)
    {
        Emit("t-1");
        Emit("t-2");
        RunEmitter ended = _log.StartRun("r-1");
        ended.Respond("text");
        ended.Complete();
        _log.Attach(filter: LogHarness.Threads("t-1")).ReadAll();

        TestCursor cursor = _log.Attach(start: start);

        Assert.Equal([2L], cursor.ReadEvents().Select(e => e.Id.Sequence));
        Assert.Equal(0, cursor.PendingBytes);
    }

    [Fact]
    public void PendingBytes_EmitResult_IsOfTheSlowestThatMatches()
    {
        TestCursor slow = _log.Attach();
        TestCursor fast = _log.Attach();
        TestCursor hidden = _log.Attach(filter: LogHarness.Threads("t-9"));
        Emit();
        fast.ReadAll();

        EmitResult result = _log.Emitter("t-1").Emit("step", 1);

        Assert.Equal((EmitStatus.Accepted, 2, slow.PendingBytes), (result.Status, result.Connections, result.PendingBytes));
        Assert.True(fast.PendingBytes < slow.PendingBytes);
        Assert.Equal(0, hidden.PendingBytes);
    }

    private EventId Emit(string thread = "t-1") => _log.Emitter(thread).Emit("step", 1).EventId;

    private void EmitMany(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Emit();
        }
    }
}
