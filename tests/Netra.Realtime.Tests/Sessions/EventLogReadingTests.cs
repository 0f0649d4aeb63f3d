using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Sessions;

public sealed class EventLogReadingTests
{
    private readonly LogHarness _log = new();

    [Fact]
    public void Read_AtTheHead_GetsEachDeltaByItself()
    {
        RunEmitter run = _log.StartRun();
        TestCursor cursor = _log.Attach();
        cursor.ReadAll();

        run.Respond("a");
        AgentEvent first = Assert.Single(cursor.ReadEvents());
        run.Respond("b");
        AgentEvent second = Assert.Single(cursor.ReadEvents());

        Assert.Equal(("a", null), (((AgentResponding)first).Delta, first.First));
        Assert.Equal(("b", null), (((AgentResponding)second).Delta, second.First));
    }

    [Fact]
    public void Read_BehindWithTwoRunsInterleaved_JoinsOnlyNeighbours()
    {
        TestCursor cursor = _log.Attach();
        RunEmitter one = _log.StartRun("r-1");
        RunEmitter two = _log.StartRun("r-2");
        one.Respond("a");
        one.Respond("b");
        two.Respond("x");
        one.Respond("c");
        two.Respond("y");
        two.Respond("z");

        string[] texts = [.. cursor.ReadEvents().OfType<AgentResponding>().Select(e => $"{e.RunId}:{e.First?.Sequence}-{e.Id.Sequence}:{e.Delta}")];

        Assert.Equal(["r-1:3-4:ab", "r-2:-5:x", "r-1:-6:c", "r-2:7-8:yz"], texts);
    }

    [Fact]
    public void Read_WithAFilterThatHidesTheOther_JoinsWhatItSees()
    {
        TestCursor cursor = _log.Attach(filter: LogHarness.Runs("r-1"));
        RunEmitter one = _log.StartRun("r-1");
        RunEmitter two = _log.StartRun("r-2");
        one.Respond("a");
        two.Respond("x");
        one.Respond("b");

        AgentResponding text = Assert.Single(cursor.ReadEvents().OfType<AgentResponding>());

        Assert.Equal(("ab", 3L, 5L), (text.Delta, text.First!.Value.Sequence, text.Id.Sequence));
    }

    [Fact]
    public void Read_EventWithoutThread_PassesEveryFilter()
    {
        TestCursor cursor = _log.Attach(filter: new EventFilter(new HashSet<ThreadId>(), new HashSet<RunId>()));
        _log.Emitter().Emit("about_the_user", 1);
        _log.Emitter("t-1").Emit("about_a_thread", 1);

        Assert.Equal(["about_the_user"], cursor.ReadEvents().Select(e => e.Type));
    }

    [Theory]
    [InlineData("t-1", "r-1", true)]
    [InlineData("t-1", "r-2", false)]
    [InlineData("t-2", "r-1", false)]
    public void Read_FilterOfThreadsAndRuns_WantsBothMet(string thread, string run, bool passes)
    {
        TestCursor cursor = _log.Attach(filter: new EventFilter(new HashSet<ThreadId> { new(thread) }, new HashSet<RunId> { new(run) }));
        _log.StartRun("r-1", "t-1");

        Assert.Equal(passes, cursor.ReadEvents().Count == 1);
    }

    [Fact]
    public void Read_MuchText_IsAtMost16KiBAnEventAndNothingIsLost()
    {
        TestCursor cursor = _log.Attach();
        RunEmitter run = _log.StartRun();
        string text = string.Concat(Enumerable.Range(0, 9_000).Select(i => $"{i},"));
        foreach (char[] piece in text.Chunk(97))
        {
            run.Respond(new string(piece));
        }

        List<AgentResponding> events = [.. cursor.ReadEvents().OfType<AgentResponding>()];

        Assert.Equal(text, string.Concat(events.Select(e => e.Delta)));
        Assert.All(events, e => Assert.InRange(e.Delta.Length, 1, 16 * 1024));
        Assert.InRange(events.Count, 3, 6);
    }

    [Fact]
    public void Read_EventAbove16KiB_IsReadWhole()
    {
        TestCursor cursor = _log.Attach();
        _log.Emitter().Emit("small", 1);
        _log.Emitter().Emit("large", new string('x', 40_000));

        Assert.Equal(["small", "large"], cursor.ReadEvents().Select(e => e.Type));
    }

    [Fact]
    public void ReadOnce_BatchFull_SaysMoreAndStaysWithin16KiB()
    {
        TestCursor cursor = _log.Attach();
        for (int i = 0; i < 10; i++)
        {
            _log.Emitter().Emit("block", new string('x', 4_000));
        }

        List<byte[]> batch = cursor.BeginRead();

        Assert.Equal(ReadOutcome.More, cursor.LastOutcome);
        Assert.InRange(batch.Sum(message => message.Length), 12_000, 16 * 1024);
    }

    [Fact]
    public void ReadOnce_TextBehindAnEvent_TakesOnlyWhatStillFits()
    {
        TestCursor cursor = _log.Attach();
        cursor.ReadAll();
        RunEmitter run = _log.StartRun();
        run.Emit("block", new string('x', 8_000));
        for (int i = 0; i < 120; i++)
        {
            run.Respond(new string('y', 100));
        }

        int bytes = cursor.BeginRead().Sum(message => message.Length);
        cursor.EndRead();

        Assert.InRange(bytes, 15_000, 16 * 1024);
        Assert.Equal(ReadOutcome.More, cursor.LastOutcome);
        Assert.InRange(Assert.IsType<AgentResponding>(Assert.Single(cursor.ReadEvents())).Delta.Length, 3_800, 5_000);
    }

    [Fact]
    public void Read_1001Invisible_StepsOver1000AHold()
    {
        TestCursor cursor = _log.Attach(filter: LogHarness.Threads("t-none"));
        cursor.ReadAll();
        RunEmitter run = _log.StartRun();
        for (int i = 0; i < 1_000; i++)
        {
            run.Respond("x");
        }

        cursor.ReadOnce();
        Assert.Equal((ReadOutcome.More, 1_001L), (cursor.LastOutcome, cursor.Next));

        cursor.ReadOnce();
        Assert.Equal((ReadOutcome.AtHead, 1_002L), (cursor.LastOutcome, cursor.Next));
    }

    [Fact]
    public void Read_255Skipped_SaysNothing_256SaysCursor()
    {
        TestCursor cursor = _log.Attach(filter: LogHarness.Threads("t-none"));
        cursor.ReadAll();
        RunEmitter run = _log.StartRun();
        for (int i = 0; i < 254; i++)
        {
            run.Respond("x");
        }
        Assert.Empty(cursor.ReadAll());

        run.Respond("x");

        CursorMessage position = Assert.IsType<CursorMessage>(Assert.Single(cursor.ReadAll()));
        Assert.Equal(256, position.Id.Sequence);
        Assert.True(cursor.TryAcknowledge(position.Id));
    }

    [Fact]
    public void Read_PositionRequested_SaysCursorOnlyWhenSomethingWasSkipped()
    {
        TestCursor cursor = _log.Attach(filter: LogHarness.Threads("t-1"));
        cursor.ReadAll();
        cursor.RequestPosition();
        Assert.Empty(cursor.ReadAll());

        _log.Emitter("t-2").Emit("elsewhere", 1);
        CursorMessage position = Assert.IsType<CursorMessage>(Assert.Single(cursor.ReadAll()));
        Assert.Equal(1, position.Id.Sequence);
    }

    [Fact]
    public void Latest_SameKeyUnread_OnlyTheNewestIsRead()
    {
        TestCursor cursor = _log.Attach();
        cursor.ReadAll();
        UserEventEmitter emitter = _log.Emitter("t-1");
        emitter.Emit("state", 1, EmitOptions.Latest("a"));
        emitter.Emit("state", 2, EmitOptions.Latest("b"));
        emitter.Emit("state", 3, EmitOptions.Latest("a"));
        _log.Emitter("t-2").Emit("state", 4, EmitOptions.Latest("a"));
        emitter.Emit("other", 5, EmitOptions.Latest("a"));

        Assert.Equal(["2", "3", "4", "5"], cursor.ReadEvents().Cast<CustomEvent>().Select(e => e.Payload.ToString()));
    }

    [Fact]
    public void Latest_EachRead_IsEachSent()
    {
        TestCursor cursor = _log.Attach();
        cursor.ReadAll();
        for (int i = 0; i < 3; i++)
        {
            _log.Emitter().Emit("state", i, EmitOptions.Latest("a"));
            Assert.Single(cursor.ReadEvents());
        }
        Assert.Equal(1, _log.Session.Log.EntryCount);
    }

    [Fact]
    public void ToolProgress_NewerAndThenCompleted_IsSuperseded()
    {
        RunEmitter run = _log.StartRun();
        ToolCall one = run.ExecuteTool<string?>("a", null, new CallId("c-1"));
        ToolCall two = run.ExecuteTool<string?>("b", null, new CallId("c-2"));
        one.Progress(10);
        two.Progress(20);
        one.Progress(30);
        one.Complete();

        string[] seen = [.. _log.Attach().ReadEvents().Select(e => e is ToolProgress p ? $"{p.CallId} {p.Percent}" : e.Type)];

        Assert.Equal(["agent_started", "tool_executing", "tool_executing", "c-2 20", "tool_completed"], seen);
    }

    [Fact]
    public void Volatile_NewestWhenRead_IsSent_PassedByIsNot()
    {
        TestCursor cursor = _log.Attach();
        cursor.ReadAll();
        _log.Emitter().Emit("typing", 1, EmitOptions.Volatile);
        Assert.Equal(["typing"], cursor.ReadEvents().Select(e => e.Type));

        _log.Emitter().Emit("typing", 2, EmitOptions.Volatile);
        _log.Emitter().Emit("after", 3);

        Assert.Equal(["after"], cursor.ReadEvents().Select(e => e.Type));
        Assert.Equal(1, _log.Session.Log.EntryCount);
    }

    [Fact]
    public void Volatile_PassedByText_IsNotReadEither()
    {
        RunEmitter run = _log.StartRun();
        TestCursor cursor = _log.Attach();
        cursor.ReadAll();
        run.Respond("a");
        run.Emit("typing", 1, EmitOptions.Volatile);
        run.Respond("b");

        Assert.Equal(["agent_responding", "agent_responding"], cursor.ReadEvents().Select(e => e.Type));
    }

    [Fact]
    public void Subscribe_BetweenReads_ChangesWhatFollowsAndNeverGoesBack()
    {
        TestCursor cursor = _log.Attach(filter: LogHarness.Threads("t-1"));
        _log.Emitter("t-2").Emit("before", 1);
        cursor.ReadAll();

        cursor.Subscribe(LogHarness.Threads("t-2"));
        _log.Emitter("t-1").Emit("one", 1);
        _log.Emitter("t-2").Emit("two", 1);

        Assert.Equal(["two"], cursor.ReadEvents().Select(e => e.Type));
    }

    [Fact]
    public void Read_ForeignStamp_CopiesNothingOfIt()
    {
        TestCursor cursor = _log.Attach();
        cursor.ReadAll();
        _log.Emitter().Emit("mine", 1);
        _log.Emitter().Emit("theirs", "secret of somebody else");
        lock (_log.Session.Gate)
        {
            EntryAt(2).WriteStamp(12345);
        }

        List<byte[]> messages = cursor.BeginRead();

        Assert.Equal(ReadOutcome.ForeignStamp, cursor.LastOutcome);
        Assert.DoesNotContain(messages, message => System.Text.Encoding.UTF8.GetString(message).Contains("secret", StringComparison.Ordinal));
        Assert.Equal(2, cursor.Next);
    }

    [Fact]
    public void Read_ForeignStampOfASegment_CopiesNothingOfIt()
    {
        RunEmitter run = _log.StartRun();
        TestCursor cursor = _log.Attach();
        cursor.ReadAll();
        run.Respond("secret");
        lock (_log.Session.Gate)
        {
            EntryAt(2).WriteStamp(12345);
        }

        Assert.Empty(cursor.BeginRead());
        Assert.Equal(ReadOutcome.ForeignStamp, cursor.LastOutcome);
    }

    [Fact]
    public void Read_BlockRecycledWhileStillReferenced_IsForeign()
    {
        TestCursor cursor = _log.Attach();
        cursor.ReadAll();
        _log.Emitter().Emit("mine", 1);
        LogEntry entry = EntryAt(1);
        _log.Sessions.Pool.Return(entry);

        cursor.BeginRead();

        Assert.Equal(ReadOutcome.ForeignStamp, cursor.LastOutcome);
    }

    private LogEntry EntryAt(long sequence)
    {
        // There is no way in for anybody but a test that breaks it on purpose.
        object order = typeof(EventLog).GetField("_order", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(_log.Session.Log)!;
        return ((SequenceRing)order)[sequence].Entry!;
    }
}
