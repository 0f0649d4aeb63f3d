using System.Runtime.CompilerServices;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Sessions;

public sealed class SessionDirectoryTests
{
    private static readonly TimeSpan Retired = TimeSpan.FromSeconds(180);

    private readonly LogHarness _log = new();

    [Fact]
    public void Sweep_RetiredFor180Seconds_Evicts_NotBefore()
    {
        TestCursor cursor = _log.Attach();
        _log.Time.Advance(TimeSpan.FromHours(1));
        _log.Sessions.Sweep();
        Assert.Equal(1, _log.Sessions.Count);
        _log.Detach(cursor);

        _log.Time.Advance(Retired - TimeSpan.FromMilliseconds(1));
        _log.Sessions.Sweep();
        Assert.Equal(1, _log.Sessions.Count);

        _log.Time.Advance(TimeSpan.FromMilliseconds(1));
        _log.Sessions.Sweep();
        Assert.Equal(0, _log.Sessions.Count);
    }

    [Fact]
    public void Sweep_Evicted_NothingHoldsTheSession()
    {
        WeakReference session = RetiredSession(_log.Sessions);
        GC.Collect();
        Assert.True(session.IsAlive);

        Evict();
        GC.Collect();

        Assert.False(session.IsAlive);
        Assert.Equal(0, _log.Sessions.Count);
    }

    [Fact]
    public void Sweep_OpenRunWithoutConnections_KeepsTheSession()
    {
        RunEmitter run = _log.StartRun();
        _log.Time.Advance(TimeSpan.FromHours(1));
        _log.Sessions.Sweep();
        Assert.Equal(1, _log.Sessions.Count);

        run.Complete();
        _log.Time.Advance(Retired);
        _log.Sessions.Sweep();
        Assert.Equal(0, _log.Sessions.Count);
    }

    [Fact]
    public void Connect_WhileRetired_PinsAgain()
    {
        _log.Detach(_log.Attach());
        _log.Time.Advance(TimeSpan.FromSeconds(100));
        _log.Attach();
        _log.Time.Advance(TimeSpan.FromSeconds(100));
        _log.Sessions.Sweep();

        Assert.Equal(1, _log.Sessions.Count);
    }

    [Fact]
    public void Resume_AfterEvictionWithNothingMissed_Resumes()
    {
        EventId head = _log.Emitter().Emit("step", 1).EventId;
        Evict();

        TestCursor cursor = _log.Attach(head.ToString());

        Assert.True(cursor.Result!.Resumed);
        EventId next = _log.Emitter().Emit("step", 2).EventId;
        Assert.True(next.SameEpoch(head));
        Assert.Equal(2, next.Sequence);
        Assert.Equal([2L], cursor.ReadEvents().Select(e => e.Id.Sequence));
    }

    [Fact]
    public void Resume_AfterEvictionOfALogWithoutEvents_Resumes()
    {
        TestCursor first = _log.Attach();
        CursorMessage position = Assert.IsType<CursorMessage>(Assert.Single(first.ReadAll()));
        _log.Detach(first);
        Evict();

        Assert.True(_log.Attach(position.Id.ToString()).Result!.Resumed);
    }

    [Fact]
    public void Resume_AfterEvictionWithSomethingMissed_IsTooOld()
    {
        EventId first = _log.Emitter().Emit("step", 1).EventId;
        _log.Emitter().Emit("step", 2);
        Evict();

        Assert.Equal(ResetReason.TooOld, _log.Attach(first.ToString()).Result!.Reset);
    }

    [Fact]
    public void Emitter_KeptOverAnEviction_FindsTheNewSession()
    {
        UserEventEmitter emitter = _log.Emitter();
        emitter.Emit("step", 1);
        Evict();
        TestCursor cursor = _log.Attach();

        EmitResult result = emitter.Emit("step", 2);

        Assert.Equal((EmitStatus.Accepted, 1), (result.Status, result.Connections));
        Assert.Single(cursor.ReadEvents());
        Assert.True(emitter.StartRun("agent").Started.IsInLog);
    }

    [Fact]
    public void EvictedSession_HeldByALateCaller_RefusesEverything()
    {
        UserSession session = _log.Session;
        Evict();

        LogEntry entry = _log.Sessions.Pool.Rent(100);
        Assert.Equal(AppendStatus.SessionEvicted, session.Append(entry).Status);
        Assert.Equal(AppendStatus.SessionEvicted, session.StartRun(new OpenRun(RunId.New(), null, "agent", 0), entry).Status);
        Assert.Equal(
            ConnectStatus.SessionEvicted,
            session.Connect(new TestCursor(session), null, ReplayStart.Open, 3, _log.Places).Status);
        Assert.Equal(0, _log.Places.Taken);
    }

    [Fact]
    public void Retired_MoreThanTheBound_AreEvictedAndPinnedOnesStay()
    {
        LogHarness log = new(maxRetired: 10);
        TestCursor pinned = log.Attach();
        for (int i = 0; i < 200; i++)
        {
            log.Emitters.CreateFor(UserId.Create($"user-{i}")).Emit("step", 1);
        }

        Assert.InRange(log.Sessions.Count, 2, 12);
        Assert.NotNull(log.Sessions.Find(LogHarness.Alice));
        Assert.Equal(1, log.Emitter().Emit("step", 1).Connections);
        Assert.Single(pinned.ReadEvents());
    }

    [Fact]
    public void Sweep_OfflineUser_IsKept180SecondsFromTheLastEvent()
    {
        _log.Emitter().Emit("first", 1);
        _log.Time.Advance(TimeSpan.FromSeconds(175));
        _log.Emitter().Emit("second", 2);

        _log.Time.Advance(TimeSpan.FromSeconds(10));
        _log.Sessions.Sweep();
        Assert.Equal(1, _log.Sessions.Count);
        Assert.Equal((2L, 1), (_log.Session.Log.Tail, _log.Session.Log.EntryCount));

        _log.Time.Advance(TimeSpan.FromSeconds(169.9));
        _log.Sessions.Sweep();
        Assert.Equal(1, _log.Sessions.Count);

        _log.Time.Advance(TimeSpan.FromSeconds(0.1));
        _log.Sessions.Sweep();
        Assert.Equal(0, _log.Sessions.Count);
    }

    [Fact]
    public void Retired_OneUserReconnectsAThousandTimes_TheOthersStay()
    {
        UserId[] others = [.. Enumerable.Range(0, 499).Select(i => UserId.Create($"user-{i}"))];
        foreach (UserId other in others)
        {
            _log.Emitters.CreateFor(other).Emit("step", 1);
        }

        for (int i = 0; i < 1_500; i++)
        {
            _log.Detach(_log.Attach());
        }

        Assert.All(others, other => Assert.NotNull(_log.Sessions.Find(other)));
        Assert.Equal(500, _log.Sessions.Count);
    }

    [Fact]
    public void StampOf_SameUser_IsTheSame_OfAnyOtherItDiffers()
    {
        UserId[] users =
        [
            UserId.Create("bc", "a"), UserId.Create("c", "ab"), UserId.Create("abc"), UserId.Create("Bc", "a"), UserId.Create("bc", "A"),
            UserId.Create("bc"), UserId.Create("a", "bc"),
        ];

        ulong[] stamps = [.. users.Select(_log.Sessions.StampOf)];

        Assert.Equal(users.Length, stamps.Distinct().Count());
        Assert.Equal(stamps[0], _log.Sessions.StampOf(UserId.Create("bc", "a")));
        Assert.NotEqual(stamps[0], new LogHarness().Sessions.StampOf(users[0]));
        Assert.DoesNotContain(0ul, stamps);
    }

    [Fact]
    public void Epochs_OfTwoUsersAndOfTwoHosts_AreDifferent()
    {
        string[] epochs =
        [
            _log.Session.Log.Head.Epoch,
            _log.Sessions.GetOrAdd(UserId.Create("bob")).Log.Head.Epoch,
            _log.Sessions.GetOrAdd(UserId.Create("alice", "tenant")).Log.Head.Epoch,
            new LogHarness().Session.Log.Head.Epoch,
        ];

        Assert.Equal(4, epochs.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task HoldBudget_AllLogsTooLarge_DropsWhoeverIsNotConnectedFirst()
    {
        SessionDirectory sessions = new(_log.Settings with { TotalBytes = 100_000 }, _log.Time);
        EventEmitterFactory emitters = new(new EventWriter(sessions, _log.Writer.Limits, new System.Text.Json.JsonSerializerOptions(System.Text.Json.JsonSerializerOptions.Default), _log.Time), new RoomDirectory());
        UserId connected = UserId.Create("connected");
        UserSession session = sessions.GetOrAdd(connected);
        TestCursor cursor = new(session) { OwnerStamp = sessions.StampOf(connected) };
        session.Connect(cursor, null, ReplayStart.Open, 3, _log.Places);
        UserId away = UserId.Create("away");
        for (int i = 0; i < 4; i++)
        {
            emitters.CreateFor(connected).Emit("block", new string('x', 12_000));
        }
        EventId last = default;
        for (int i = 0; i < 3; i++)
        {
            last = emitters.CreateFor(away).Emit("block", new string('x', 12_000)).EventId;
        }

        Task<DeliveryOutcome> dropped = sessions.GetOrAdd(away).WhenDelivered(last);

        Assert.NotEqual(DeliveryOutcome.Delivered, await dropped.OrFail());
        Assert.Equal(4, cursor.ReadEvents().Count);
    }

    [Fact]
    public async Task HoldBudget_AllLogsTooLarge_FreesAnEighthSoThatTheNextEventsDoNotWeighEverybodyAgain()
    {
        const int BlockBytes = 16 * 1024;
        SessionDirectory sessions = new(_log.Settings with { TotalBytes = (15 * BlockBytes) + (BlockBytes / 2) }, _log.Time);
        EventEmitterFactory emitters = new(new EventWriter(sessions, _log.Writer.Limits, new System.Text.Json.JsonSerializerOptions(System.Text.Json.JsonSerializerOptions.Default), _log.Time), new RoomDirectory());
        UserId connected = UserId.Create("connected");
        UserSession session = sessions.GetOrAdd(connected);
        session.Connect(new TestCursor(session) { OwnerStamp = sessions.StampOf(connected) }, null, ReplayStart.Open, 3, _log.Places);
        EmitBlocks(connected, 13);
        EventId small = EmitBlocks(UserId.Create("small"), 1);
        Task<DeliveryOutcome> smallDropped = sessions.GetOrAdd(UserId.Create("small")).WhenDelivered(small);

        EventId large = EmitBlocks(UserId.Create("large"), 2); // 16 blocks: without these two it is within the budget, but hardly

        Assert.NotEqual(DeliveryOutcome.Delivered, await sessions.GetOrAdd(UserId.Create("large")).WhenDelivered(large).OrFail());
        Assert.NotEqual(DeliveryOutcome.Delivered, await smallDropped.OrFail());
        Assert.Equal(13 * BlockBytes, sessions.Pool.BytesInUse); // the connected one has all of its log

        EventId EmitBlocks(UserId user, int count)
        {
            EventId last = default;
            for (int i = 0; i < count; i++)
            {
                last = emitters.CreateFor(user).Emit("block", new string('x', 12_000)).EventId;
            }

            return last;
        }
    }

    [Fact]
    public async Task HoldBudget_OnlyConnectedUsers_LoseWhatHasToGoAndALittle()
    {
        const int BlockBytes = 16 * 1024;
        SessionDirectory sessions = new(_log.Settings with { TotalBytes = (64 * BlockBytes) - (BlockBytes / 2) }, _log.Time);
        EventEmitterFactory emitters = new(new EventWriter(sessions, _log.Writer.Limits, new System.Text.Json.JsonSerializerOptions(System.Text.Json.JsonSerializerOptions.Default), _log.Time), new RoomDirectory());
        List<UserSession> connected = [];
        List<Task<DeliveryOutcome>> dropped = [];
        for (int i = 0; i < 32; i++)
        {
            UserId user = UserId.Create($"user-{i}");
            UserSession session = sessions.GetOrAdd(user);
            session.Connect(new TestCursor(session) { OwnerStamp = sessions.StampOf(user) }, null, ReplayStart.Open, 3, _log.Places);
            connected.Add(session);
            emitters.CreateFor(user).Emit("block", new string('x', 12_000));
            dropped.Add(session.WhenDelivered(emitters.CreateFor(user).Emit("block", new string('x', 12_000)).EventId)); // the last is one block too much
        }

        for (int i = 0; i < 2; i++)
        {
            dropped.Remove(await Task.WhenAny(dropped).OrFail());
        }

        Assert.Equal(2, connected.Count(session => session.Weigh().Bytes == 0)); // an eighth would be five logs
    }

    // Not inlined: the caller's frame would hold it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference RetiredSession(SessionDirectory sessions)
    {
        UserSession session = sessions.GetOrAdd(LogHarness.Alice);
        sessions.NoteIfRetired(session);
        return new WeakReference(session);
    }

    private void Evict()
    {
        _log.Time.Advance(Retired);
        _log.Sessions.Sweep();
        Assert.Null(_log.Sessions.Find(LogHarness.Alice));
    }
}
