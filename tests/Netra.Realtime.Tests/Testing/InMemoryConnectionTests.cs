using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Testing;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Testing;

public sealed class InMemoryConnectionTests : IAsyncLifetime
{
    private static readonly UserId Alice = UserId.Create("alice");

    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryRealtime _realtime;

    public InMemoryConnectionTests() => _realtime = InMemoryRealtime.Create(
        _time,
        options =>
        {
            options.Limits.MaxConnectionsPerUser = 1;
            options.Retention.MaxEvents = 10;
            options.Heartbeat.Interval = TimeSpan.FromHours(1); // never the reason why a client goes
            options.Heartbeat.Timeout = TimeSpan.FromDays(1);
        });

    private UserEventEmitter Emitter => _realtime.Emitters.CreateFor(Alice);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _realtime.DisposeAsync().AsTask();

    [Fact]
    public async Task ReadUntil_ARunWhileConnected_HandlesItWhole()
    {
        await using InMemoryConnection client = await ConnectAsync();
        RunEmitter run = Emitter.StartRun("agent");
        run.Respond("Hello");
        EventId last = run.Complete().EventId;

        AgentCompleted end = await client.ReadUntilAsync<AgentCompleted>(CancellationToken.None).OrFail();

        Assert.Equal(last, end.Id);
        Assert.Equal(last, client.LastEventId);
        EventAssert.NoGaps(client.Handled);
        EventAssert.RunsAreWellFormed(client.Handled);
    }

    [Fact]
    public async Task Resume_AfterACutInTheMiddle_HandlesEachEventOnce()
    {
        await using InMemoryConnection client = await ConnectAsync();
        await client.ReadUntilAsync<CursorMessage>().OrFail(); // the end of the empty replay
        client.CutAfterMessages(2);
        EventId last = EmitNumbers(5);
        Assert.Equal(1006, await EndOfAsync(client.ReadUntilAsync(last)));
        Assert.Equal(2, client.Handled.Count);

        await client.ResumeAsync().OrFail();
        await client.ReadUntilAsync(last).OrFail();

        Assert.True(client.Welcome.Resumed);
        Assert.Equal([1, 2, 3, 4, 5], client.Handled.Select(e => e.Id.Sequence));
    }

    [Fact]
    public async Task Resume_LineIsStillOpen_CutsItAndTakesItsPlace()
    {
        await using InMemoryConnection client = await ConnectAsync();
        ConnectionId first = client.Welcome.ConnectionId;

        await client.ResumeAsync().OrFail();

        Assert.NotEqual(first, client.Welcome.ConnectionId);
    }

    [Fact]
    public async Task Resume_PositionWasTrimmed_ForgetsItAndHandlesWhatIsLeft()
    {
        await using InMemoryConnection client = await ConnectAsync();
        await client.ReadUntilAsync(EmitNumbers(1)).OrFail();
        client.Cut();
        await client.WhenClosedAsync().OrFail(); // or the cut line still takes what follows
        EventId last = EmitNumbers(12);

        await client.ResumeAsync().OrFail();
        await client.ReadUntilAsync(last).OrFail();

        Assert.False(client.Welcome.Resumed);
        Assert.Equal(ResetReason.TooOld, client.Welcome.Reset);
        Assert.Equal([1, .. Enumerable.Range(4, 10).Select(n => (long)n)], client.Handled.Select(e => e.Id.Sequence));
    }

    [Fact]
    public async Task Handled_WelcomeIsNotResumed_TakesTheReplayAgain()
    {
        await using InMemoryConnection client = await ConnectAsync();
        RunEmitter run = Emitter.StartRun("agent");
        await client.ReadUntilAsync<AgentStarted>(CancellationToken.None).OrFail();
        client.Cut();
        await client.WhenClosedAsync(CancellationToken.None).OrFail();
        await using InMemoryConnection reloaded = await ConnectAsync(); // a page without a position: open runs from their start

        await reloaded.ReadUntilAsync(run.Started.EventId, CancellationToken.None).OrFail();

        Assert.Equal(client.Handled.Select(e => e.Id), reloaded.Handled.Select(e => e.Id));
    }

    [Fact]
    public async Task LastEventId_EventsPassTheFilterBy_IsMovedByTheCursor()
    {
        EventId last = _realtime.Emitters.CreateFor(Alice, new ThreadId("main")).Emit("n", 1).EventId;
        await using InMemoryConnection client = await ConnectAsync(
            new ConnectionRequest { User = Alice, Threads = new HashSet<ThreadId> { new("other") } });

        await client.ReadUntilAsync(last).OrFail(); // by the cursor that ends the replay

        Assert.Empty(client.Handled);
        Assert.Equal(last, client.LastEventId);
    }

    [Fact]
    public async Task Connect_PlacesAreTaken_WelcomeSaysTheCode()
    {
        await using InMemoryConnection first = await ConnectAsync();

        await using InMemoryConnection second = await ConnectAsync();

        ConnectionEndedException refused = Assert.Throws<ConnectionEndedException>(() => second.Welcome);
        Assert.Equal(CloseReason.UserConnectionLimit, refused.Reason);
        Assert.Contains("1013", refused.Message, StringComparison.Ordinal);
        Assert.Equal(CloseReason.UserConnectionLimit, await second.WhenClosedAsync().OrFail());
        Assert.Equal(1013, await EndOfAsync(second.NextAsync()));
    }

    [Fact]
    public async Task Connect_NoUser_Throws() =>
        await Assert.ThrowsAsync<ArgumentException>(() => _realtime.ConnectAsync(default(UserId)).OrFail());

    [Fact]
    public async Task Send_Ping_IsAnswered()
    {
        await using InMemoryConnection client = await ConnectAsync();

        client.Send("""{"type":"ping","ref":"1"}""");

        Assert.Equal("1", (await client.ReadUntilAsync<PongMessage>().OrFail()).Ref);
    }

    [Fact]
    public async Task Continue_AfterAStall_WhatWaitedComes()
    {
        await using InMemoryConnection client = await ConnectAsync();
        await client.ReadUntilAsync<CursorMessage>().OrFail();
        client.Stall();
        EventId last = EmitNumbers(3);
        Task reading = client.ReadUntilAsync(last);
        Assert.False(reading.IsCompleted);

        client.Continue();
        await reading.OrFail();

        Assert.Equal(3, client.Handled.Count);
    }

    [Fact]
    public async Task Stall_EventsLeaveTheWindowUnread_TheServerClosesItAsSlow()
    {
        await using InMemoryConnection client = await ConnectAsync();
        await client.ReadUntilAsync<CursorMessage>().OrFail();
        client.Stall();
        EmitNumbers(1);
        EventId last = EmitNumbers(20); // the flush of the first hangs, and these push each other out

        Task<CloseReason> closed = client.WhenClosedAsync();
        await AdvanceUntilAsync(closed);

        Assert.Equal(CloseReason.SlowConsumer, await closed);
        Assert.Equal(4408, await EndOfAsync(client.ReadUntilAsync(last)));
    }

    [Fact]
    public async Task ReadUntil_IdOfAnotherUser_ThrowsInsteadOfWaiting()
    {
        await using InMemoryConnection client = await ConnectAsync();
        EventId other = _realtime.Emitters.CreateFor(UserId.Create("bob")).Emit("n", 1).EventId;

        await Assert.ThrowsAsync<ArgumentException>(() => client.ReadUntilAsync(other).OrFail());
    }

    [Fact]
    public async Task Next_TokenIsCancelled_GivesUpAndTheLineStays()
    {
        await using InMemoryConnection client = await ConnectAsync();
        await client.ReadUntilAsync<CursorMessage>().OrFail();
        using CancellationTokenSource cancel = new();
        Task<ServerMessage> next = client.NextAsync(cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.OrFail());
        await client.ReadUntilAsync(EmitNumbers(1), CancellationToken.None).OrFail();
    }

    [Fact]
    public async Task Dispose_OpenOrStalled_ClosesInOrderAndGivesThePlaceBack()
    {
        InMemoryConnection client = await ConnectAsync();
        client.Stall();
        EmitNumbers(1);

        await client.DisposeAsync().OrFail();

        Assert.Equal(CloseReason.Normal, await client.WhenClosedAsync().OrFail());
        await using InMemoryConnection next = await ConnectAsync();
        Assert.Equal("alice", next.Welcome.UserId);
    }

    [Fact]
    public async Task GoSilent_LineStaysOpen_TheHeartbeatGivesItUpAndTheClientResumes()
    {
        FakeTimeProvider time = new();
        await using InMemoryRealtime realtime = InMemoryRealtime.Create(time);
        await using InMemoryConnection client = await realtime.ConnectAsync(Alice).OrFail();
        await using InMemoryConnection other = await realtime.ConnectAsync(UserId.Create("bob")).OrFail();
        await client.ReadUntilAsync<CursorMessage>().OrFail();
        await other.ReadUntilAsync<CursorMessage>().OrFail();
        client.GoSilent();
        client.Send("""{"type":"ping"}""");

        Task<CloseReason> closed = client.WhenClosedAsync();
        TimeSpan step = TimeSpan.FromSeconds(1);
        for (TimeSpan passed = step; passed < TimeSpan.FromSeconds(90); passed += step)
        {
            time.Advance(step);
            Assert.False(closed.IsCompleted);
        }

        await AdvanceUntilAsync(closed, time);
        Assert.Equal(CloseReason.HeartbeatTimeout, await closed);
        await client.ResumeAsync().OrFail();
        Assert.True(client.Welcome.Resumed);
        other.Send("""{"type":"ping"}""");
        await other.ReadUntilAsync<PongMessage>().OrFail();
    }

    [Fact]
    public async Task Dispose_Silent_EndsAtOnce()
    {
        InMemoryConnection client = await ConnectAsync();
        client.GoSilent();

        await client.DisposeAsync().OrFail();

        Assert.Equal(CloseReason.Abnormal, await client.WhenClosedAsync().OrFail());
    }

    [Fact]
    public async Task RealtimeDisposed_ClientIsConnected_EndsWith1012()
    {
        InMemoryConnection client = await ConnectAsync();

        await _realtime.DisposeAsync().OrFail();

        Assert.Equal(CloseReason.ServiceRestart, await client.WhenClosedAsync().OrFail());
    }

    private Task<InMemoryConnection> ConnectAsync() => _realtime.ConnectAsync(Alice).OrFail();

    private Task<InMemoryConnection> ConnectAsync(ConnectionRequest request) => _realtime.ConnectAsync(request).OrFail();

    private EventId EmitNumbers(int count)
    {
        EventId last = default;
        for (int i = 0; i < count; i++)
        {
            last = Emitter.Emit("n", i).EventId;
        }
        return last;
    }

    private static async Task<int> EndOfAsync(Task reading) =>
        (await Assert.ThrowsAsync<ConnectionEndedException>(() => reading.OrFail())).Reason.Code;

    // A deadline made on the pool may be made a moment after the clock moved, so it moves on.
    private Task AdvanceUntilAsync(Task task) => AdvanceUntilAsync(task, _time);

    private static async Task AdvanceUntilAsync(Task task, FakeTimeProvider time)
    {
        using CancellationTokenSource net = new(TestTimeout.Net);
        while (!task.IsCompleted && !net.IsCancellationRequested)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await task.OrFail();
    }
}
