using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Sessions;

public sealed class EventLogTrimTests
{
    [Theory]
    [InlineData(10, 1)]
    [InlineData(11, 2)]
    [InlineData(25, 16)]
    public void Append_AboveTheCount_TrimsFromTheFront(int events, long tail)
    {
        LogHarness log = new(maxEvents: 10);
        Emit(log, events);

        Assert.Equal((tail, Math.Min(events, 10)), (log.Session.Log.Tail, log.Session.Log.EntryCount));
    }

    [Fact]
    public void Append_AboveTheBytes_TrimsAndStaysBelow()
    {
        LogHarness log = new(maxBytes: 10_000);
        for (int i = 0; i < 50; i++)
        {
            log.Emitter().Emit("block", new string('x', 900));
            Assert.InRange(log.Session.Log.Bytes, 1, 10_000);
        }
        Assert.InRange(log.Session.Log.EntryCount, 9, 10);
    }

    [Fact]
    public void Append_TextAboveTheBytes_TrimsSliceBySlice()
    {
        LogHarness log = new(maxBytes: 5_000);
        RunEmitter run = log.StartRun();
        for (int i = 0; i < 200; i++)
        {
            run.Respond($"{i:000}" + new string('x', 97));
        }

        TestCursor cursor = log.Attach();
        string text = string.Concat(cursor.ReadEvents().Cast<AgentResponding>().Select(e => e.Delta));

        Assert.InRange(log.Session.Log.Bytes, 4_800, 5_000);
        Assert.Equal(log.Session.Log.Head.Sequence - log.Session.Log.Tail + 1, text.Length / 100);
        Assert.EndsWith("199" + new string('x', 97), text, StringComparison.Ordinal);
        Assert.False(Assert.Single(cursor.Result!.OpenRuns).Complete);
    }

    [Fact]
    public void Append_TombstonesAndSupersededInTheLog_DoNotCount()
    {
        LogHarness log = new(maxEvents: 10);
        log.Emitter().Emit("kept", 1);
        for (int i = 0; i < 100; i++)
        {
            log.Emitter().Emit("state", i, EmitOptions.Latest("k"));
            log.Emitter().Emit("typing", i, EmitOptions.Volatile);
        }

        Assert.Equal(1, log.Session.Log.Tail);
        Assert.Equal(3, log.Session.Log.EntryCount);
    }

    [Theory]
    [InlineData(DeliveryClass.Latest)]
    [InlineData(DeliveryClass.Volatile)]
    public void Append_100000TombstonesBehindAnEvent_SequencesAndMemoryAreBounded(DeliveryClass delivery)
    {
        LogHarness log = new(maxBytes: 64 * 1024 * 2);
        log.Emitter().Emit("kept", 1);
        EmitOptions options = new(delivery, "k");
        HashSet<long> retained = [];
        HashSet<long> memory = [];
        for (int i = 1; i <= 100_000; i++)
        {
            log.Emitter().Emit("state", i % 10, options);
            if (i % 10_000 == 0)
            {
                retained.Add(log.Session.Log.Head.Sequence - log.Session.Log.Tail + 1);
                memory.Add(log.Sessions.Pool.BytesInUse);
            }
        }

        Assert.Equal([64 * 1024 * 2 / EventLog.SequenceCostBytes], retained);
        Assert.Single(memory);
        Assert.Equal(1, log.Session.Log.EntryCount);
    }

    [Fact]
    public void Expire_181Seconds_TrimsButNotFromTheStartOfTheOldestOpenRun()
    {
        LogHarness log = new();
        Emit(log, 2);
        RunEmitter run = log.StartRun("r-1");
        RunEmitter later = log.StartRun("r-2");
        Emit(log, 1);

        log.Time.Advance(TimeSpan.FromSeconds(180));
        log.Session.Expire();
        Assert.Equal(1, log.Session.Log.Tail);

        log.Time.Advance(TimeSpan.FromSeconds(1));
        log.Session.Expire();
        Assert.Equal(3, log.Session.Log.Tail);

        run.Complete();
        log.Session.Expire();
        Assert.Equal(4, log.Session.Log.Tail);

        later.Complete();
        log.Session.Expire();
        Assert.Equal(6, log.Session.Log.Tail); // what the ends of the runs appended is young
    }

    [Fact]
    public void Unread_LeavesTheWindow_CursorIsResetAndGoesOn()
    {
        LogHarness log = new(maxEvents: 10);
        TestCursor cursor = log.Attach();
        cursor.ReadAll();
        Emit(log, 15);

        List<ServerMessage> messages = cursor.ReadAll();

        ResetMessage reset = Assert.IsType<ResetMessage>(messages[0]);
        Assert.Equal((ResetReason.TooOld, 5L), (reset.Reason, reset.LastEventId.Sequence));
        Assert.Equal(Enumerable.Range(6, 10).Select(i => (long)i), messages.Skip(1).Cast<AgentEvent>().Select(e => e.Id.Sequence));
        Assert.False(cursor.Overrun);
        Assert.True(cursor.TryAcknowledge(reset.LastEventId));
    }

    [Fact]
    public void Reset_SaysWhichRunsGoOnAfterIt_WhateverTheFilter()
    {
        LogHarness log = new(maxEvents: 10);
        RunEmitter[] runs = [.. new[] { "open", "ends_in_the_window", "ended_before" }.Select(id => log.Emitter("t-1").StartRun("a", new RunStart { RunId = new RunId(id) }))];
        TestCursor cursor = log.Attach(filter: LogHarness.Threads("t-2"));
        TestCursor other = log.Attach();
        cursor.ReadAll();
        other.ReadAll();
        runs[2].Complete();
        for (int i = 0; i < 15; i++)
        {
            log.Emitter("t-2").Emit("note", i);
        }

        runs[1].Complete();

        foreach (TestCursor reader in new[] { cursor, other })
        {
            ResetMessage reset = Assert.IsType<ResetMessage>(reader.ReadAll()[0]);
            Assert.Equal([new RunId("open"), new RunId("ends_in_the_window")], reset.Runs);
        }
    }

    [Fact]
    public void Unread_LeavesTheWindowWhileAFlushIsPending_CursorIsOverrun()
    {
        LogHarness log = new(maxEvents: 10);
        TestCursor cursor = log.Attach();
        cursor.ReadAll();
        Emit(log, 1);
        cursor.BeginRead();
        Emit(log, 10);
        Assert.False(cursor.Overrun);

        Emit(log, 1);

        Assert.True(cursor.Overrun);
    }

    [Fact]
    public void Unread_LeavesTheWindowWhileAWriteIsUnderWay_CursorIsResetAndNotOverrun()
    {
        LogHarness log = new(maxEvents: 10);
        TestCursor cursor = log.Attach();
        cursor.ReadAll();
        Emit(log, 1);
        cursor.BeginRead();
        cursor.IsFlushing = false; // the peer takes it: nothing hangs, the producer is only faster
        Emit(log, 15);
        cursor.EndRead();

        List<ServerMessage> messages = cursor.ReadAll();

        Assert.False(cursor.Overrun);
        Assert.Equal(6, Assert.IsType<ResetMessage>(messages[0]).LastEventId.Sequence);
        Assert.Equal(Enumerable.Range(7, 10).Select(i => (long)i), messages.Skip(1).Cast<AgentEvent>().Select(e => e.Id.Sequence));
    }

    [Fact]
    public void Unread_ExpiresAtAnothersConnect_CursorIsWokenAndReset()
    {
        LogHarness log = new();
        TestCursor cursor = log.Attach();
        cursor.ReadAll();
        EventId lost = log.Emitter().Emit("lost", 1).EventId;
        log.Time.Advance(TimeSpan.FromSeconds(181));
        log.Emitter().Emit("kept", 2);
        int wakes = cursor.Wakes;

        log.Attach();

        Assert.Equal(wakes + 1, cursor.Wakes);
        List<ServerMessage> messages = cursor.ReadAll();
        Assert.Equal(lost, Assert.IsType<ResetMessage>(messages[0]).LastEventId);
        Assert.Equal("kept", Assert.IsType<CustomEvent>(messages[1]).Type);
    }

    [Fact]
    public void Unread_OnlyInvisibleLeavesTheWindow_CursorIsNotTold()
    {
        LogHarness log = new(maxEvents: 10);
        TestCursor cursor = log.Attach(filter: LogHarness.Threads("t-2"));
        cursor.ReadAll();
        Emit(log, 30);
        log.Emitter("t-2").Emit("seen", 1);

        Assert.Equal(["seen"], cursor.ReadAll().Select(message => message.Type));
    }

    [Fact]
    public void Unread_SupersededAndVolatileLeaveTheWindow_CursorIsNotTold()
    {
        LogHarness log = new(maxEvents: 10);
        TestCursor cursor = log.Attach();
        cursor.ReadAll();
        log.Emitter("t-1").Emit("state", 1, EmitOptions.Latest("k"));
        log.Emitter("t-1").Emit("typing", 1, EmitOptions.Volatile);
        log.Emitter("t-1").Emit("state", 2, EmitOptions.Latest("k"));
        for (int i = 0; i < 9; i++)
        {
            Emit(log, 1);
        }
        cursor.ReadAll();
        Emit(log, 5);

        Assert.DoesNotContain(cursor.ReadAll(), message => message is ResetMessage);
    }

    [Fact]
    public void Segment_TrimmedToItsEndWhileOpen_NextDeltaBeginsAnotherWithTheSamePart()
    {
        LogHarness log = new(maxBytes: 3_000);
        RunEmitter run = log.StartRun();
        run.Respond("old");
        for (int i = 0; i < 4; i++)
        {
            log.Emitter().Emit("block", new string('x', 900));
        }
        run.Respond("new");

        AgentResponding text = Assert.IsType<AgentResponding>(log.Attach().ReadEvents()[^1]);

        Assert.Equal(("new", 1), (text.Delta, text.Part));
    }

    [Fact]
    public void Logs_Cleared_GiveEveryBlockBack()
    {
        LogHarness log = new();
        RunEmitter run = log.StartRun();
        for (int i = 0; i < 2_000; i++)
        {
            run.Respond("a piece of text");
            run.ExecuteTool("tool", i).Progress(1);
        }
        Assert.NotEqual(0, log.Sessions.Pool.BytesInUse);

        log.Session.DropLog();

        Assert.Equal((0L, 0, 0), (log.Sessions.Pool.BytesInUse, log.Session.Log.Bytes, log.Session.Log.EntryCount));
        Assert.Equal(log.Session.Log.Head.Sequence + 1, log.Session.Log.Tail);
        Assert.True(run.Respond("goes on").IsInLog);
    }

    // Weighed as away, it may have come back before its log gives way to others.
    [Fact]
    public void Log_OfAUserWhoCameBack_DoesNotGiveWayAsOneOfWhoIsAway()
    {
        LogHarness log = new();
        Emit(log, 3);
        TestCursor cursor = log.Attach();

        log.Session.DropLog(onlyIfAway: true);

        Assert.Equal(3, log.Session.Log.EntryCount);
        log.Detach(cursor);
        log.Session.DropLog(onlyIfAway: true);
        Assert.Equal(0, log.Session.Log.EntryCount);
    }

    private static void Emit(LogHarness log, int count)
    {
        for (int i = 0; i < count; i++)
        {
            log.Emitter("t-1").Emit("step", i);
        }
    }
}
