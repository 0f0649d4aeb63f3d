using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Sessions;

public sealed class EventLogResumeTests
{
    private readonly LogHarness _log = new(maxEvents: 10);

    private string Epoch => _log.Session.Log.Head.Epoch;

    [Theory]
    [InlineData(6, null)]
    [InlineData(5, null)]
    [InlineData(14, null)]
    [InlineData(15, null)]
    [InlineData(4, ResetReason.TooOld)]
    [InlineData(0, ResetReason.TooOld)]
    [InlineData(16, ResetReason.Invalid)]
    [InlineData(long.MaxValue, ResetReason.Invalid)]
    public void Resume_AroundTheWindow_IsValidFromTailLess1ToHead(long sequence, ResetReason? reset)
    {
        Emit(15);
        Assert.Equal(6, _log.Session.Log.Tail);

        TestCursor cursor = _log.Attach($"{Epoch}-{sequence}");

        Assert.Equal((reset is null, reset), (cursor.Result!.Resumed, cursor.Result.Reset));
        if (reset is null)
        {
            Assert.Equal(Range(sequence + 1, 15), cursor.ReadEvents().Select(e => e.Id.Sequence));
        }
    }

    [Fact]
    public void Resume_AnotherEpoch_IsEpochChanged()
    {
        Emit(3);

        Assert.Equal(ResetReason.EpochChanged, _log.Attach("zzz-2").Result!.Reset);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("zzz-02")]
    [InlineData("ZZZ-2")]
    public void Resume_Malformed_IsInvalid(string lastEventId)
    {
        Emit(3);

        TestCursor cursor = _log.Attach(lastEventId);

        Assert.Equal((false, ResetReason.Invalid), (cursor.Result!.Resumed, cursor.Result.Reset));
    }

    [Fact]
    public void Resume_EmptyLogAtZero_IsValid()
    {
        Assert.True(_log.Attach($"{Epoch}-0").Result!.Resumed);
    }

    [Fact]
    public void Resume_Refused_BeginsLikeOneWithout()
    {
        RunEmitter run = _log.StartRun();
        _log.Attach().ReadAll();

        TestCursor cursor = _log.Attach("zzz-1", ReplayStart.Live);
        Assert.Empty(cursor.ReadEvents());
        Assert.Equal(["agent_started"], _log.Attach("zzz-1").ReadEvents().Select(e => e.Type));
        run.Dispose();
    }

    [Theory]
    [InlineData(1, "abcde", 2)]
    [InlineData(2, "bcde", 3)]
    [InlineData(4, "de", 5)]
    [InlineData(5, "e", null)]
    [InlineData(6, "", null)]
    public void Resume_InsideASegment_GetsExactlyTheRest(long lastEventId, string rest, int? first)
    {
        RunEmitter run = _log.StartRun();
        foreach (char c in "abcde")
        {
            run.Respond([c]);
        }
        _log.Attach().ReadAll();

        List<AgentEvent> events = _log.Attach($"{Epoch}-{lastEventId}").ReadEvents();

        Assert.Equal(rest, string.Concat(events.Cast<AgentResponding>().Select(e => e.Delta)));
        Assert.Equal(first, (int?)events.SingleOrDefault()?.First?.Sequence);
    }

    [Fact]
    public void Resume_DeliveredAndNot_GetsEverythingAfterItsId()
    {
        Emit(4);
        _log.Attach().ReadAll();
        Emit(2);

        Assert.Equal([3, 4, 5, 6], _log.Attach($"{Epoch}-2").ReadEvents().Select(e => e.Id.Sequence));
    }

    [Fact]
    public void StartOpen_OpenRunDeliveredBefore_IsReplayedFromItsStartAndNothingElse()
    {
        _log.Emitter("t-1").Emit("before", 1);
        RunEmitter run = _log.StartRun();
        _log.Emitter("t-1").Emit("between", 1);
        run.Respond("x");
        _log.Attach().ReadAll();

        TestCursor cursor = _log.Attach(start: ReplayStart.Open);

        Assert.Equal(["agent_started", "agent_responding"], cursor.ReadEvents().Select(e => e.Type));
        OpenRunSummary open = Assert.Single(cursor.Result!.OpenRuns);
        Assert.Equal((new RunId("r-1"), new ThreadId("t-1"), "researcher", true), (open.RunId, open.ThreadId!.Value, open.Agent!, open.Complete));
    }

    [Fact]
    public void StartOpen_UndeliveredBeforeTheOpenRun_BeginsThere()
    {
        _log.Emitter("t-1").Emit("undelivered", 1);
        _log.StartRun();

        Assert.Equal(["undelivered", "agent_started"], _log.Attach().ReadEvents().Select(e => e.Type));
    }

    [Fact]
    public void StartOpen_RunThatTheFilterHides_IsNotReplayedNorListed()
    {
        _log.StartRun("r-1", "t-1");
        _log.Attach().ReadAll();

        TestCursor cursor = _log.Attach(filter: LogHarness.Threads("t-2"));

        Assert.Empty(cursor.ReadEvents());
        Assert.Empty(cursor.Result!.OpenRuns);
    }

    [Fact]
    public void StartOpen_RunThatEnded_IsNotReplayedOnceDelivered()
    {
        _log.StartRun().Complete();
        _log.Attach().ReadAll();

        Assert.Empty(_log.Attach().ReadEvents());
    }

    [Fact]
    public void StartOpen_BeginningOfTheRunTrimmed_IsNotComplete()
    {
        RunEmitter run = _log.StartRun();
        for (int i = 0; i < 12; i++)
        {
            run.Emit("step", i);
        }

        TestCursor cursor = _log.Attach();

        Assert.False(Assert.Single(cursor.Result!.OpenRuns).Complete);
        Assert.Equal(_log.Session.Log.Tail, cursor.ReadEvents()[0].Id.Sequence);
    }

    [Fact]
    public void StartUndelivered_OpenRunDelivered_IsNotReplayed()
    {
        RunEmitter run = _log.StartRun();
        _log.Attach().ReadAll();
        run.Respond("new");

        Assert.Equal(["agent_responding"], _log.Attach(start: ReplayStart.Undelivered).ReadEvents().Select(e => e.Type));
    }

    [Fact]
    public void StartUndelivered_DeliveredToAFilterOnly_ReplaysTheOthers()
    {
        _log.Emitter("t-1").Emit("one", 1);
        _log.Emitter("t-2").Emit("two", 1);
        _log.Emitter("t-1").Emit("three", 1);
        _log.Attach(filter: LogHarness.Threads("t-1")).ReadAll();

        Assert.Equal(["two"], _log.Attach(start: ReplayStart.Undelivered).ReadEvents().Select(e => e.Type));
    }

    [Fact]
    public void StartLive_WithHistory_GetsOnlyWhatComes()
    {
        _log.StartRun();
        TestCursor cursor = _log.Attach(start: ReplayStart.Live);
        _log.Emitter("t-1").Emit("now", 1);

        Assert.Equal(["now"], cursor.ReadEvents().Select(e => e.Type));
    }

    [Theory]
    [InlineData(ReplayStart.Open)]
    [InlineData(ReplayStart.Undelivered)]
    [InlineData(ReplayStart.Live)]
    public void Replay_EmptyLog_EndsWithACursorAtZero(ReplayStart start)
    {
        CursorMessage end = Assert.IsType<CursorMessage>(Assert.Single(_log.Attach(start: start).ReadAll()));

        Assert.Equal($"{Epoch}-0", end.Id.ToString());
    }

    [Theory]
    [InlineData(ReplayStart.Open, 3)]
    [InlineData(ReplayStart.Undelivered, 3)]
    [InlineData(ReplayStart.Live, 0)]
    public void Replay_AnyStart_EndsWithOneCursorAtTheHeadOfThatMoment(ReplayStart start, int replayed)
    {
        Emit(3);
        TestCursor cursor = _log.Attach(start: start);
        List<ServerMessage> messages = cursor.ReadAll();
        Emit(1);

        Assert.Equal(replayed + 1, messages.Count);
        Assert.Equal(3, Assert.IsType<CursorMessage>(messages[^1]).Id.Sequence);
        Assert.DoesNotContain(cursor.ReadAll(), message => message is CursorMessage);
    }

    [Fact]
    public void Acknowledge_AheadOfWhatWasSent_IsRefusedAndOlderIsIgnored()
    {
        Emit(5);
        TestCursor cursor = _log.Attach($"{Epoch}-2");

        Assert.True(cursor.TryAcknowledge(Id(2)));
        Assert.False(cursor.TryAcknowledge(Id(3)));
        cursor.ReadAll();
        Assert.True(cursor.TryAcknowledge(Id(5)));
        Assert.True(cursor.TryAcknowledge(Id(1)));
        Assert.False(cursor.TryAcknowledge(Id(6)));
        Assert.False(cursor.TryAcknowledge(EventId.Parse("zzz-1", null)));
        Assert.Equal(5, _log.Session.Log.EntryCount);
    }

    private EventId Id(long sequence) => _log.Session.Log.Head.At(sequence);

    private static IEnumerable<long> Range(long from, long to) => Enumerable.Range((int)from, (int)(to - from + 1)).Select(i => (long)i);

    private void Emit(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _log.Emitter("t-1").Emit("step", i);
        }
    }
}
