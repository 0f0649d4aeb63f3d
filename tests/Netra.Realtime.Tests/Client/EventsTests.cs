using Netra.Realtime.Client;
using Netra.Realtime.Client.Runs;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Tests.Client;

/// <summary>Each event once and in order, from where to resume, and what a reset does to that.</summary>
public sealed class EventsTests
{
    [Fact]
    public async Task Resume_EventsWaitInTheQueue_AsksForWhatFollowsTheLastReceived()
    {
        await using ClientWorld world = new(options => options.ClientId = new ClientId("tab-9"));
        FakeAttempt first = await world.AttemptAsync();
        FakeSocket socket = first.Accept();
        socket.Deliver(Wire.Welcome(), Wire.Started("e-1"), Wire.Responding("e-3", "ab", first: "e-2"), Wire.Note("e-4"));
        Assert.Equal("e-1", (await world.ReadAsync()).Id.ToString());

        socket.End(4408);
        await world.EndedAsync();
        FakeAttempt second = await world.AttemptAsync(); // asks for the next event too

        Assert.Equal("wss://example.test/ws?client=tab-9", first.Address.AbsoluteUri);
        Assert.Equal(["e-4"], second.Query("last_event_id"));
        Assert.Equal("e-1", world.Client.LastEventId.ToString()); // handled: the next one was asked for
        second.Accept().Deliver(Wire.Welcome("e-5", resumed: true), Wire.Note("e-5"));
        Assert.Equal(["e-3", "e-4", "e-5"], (await world.HandleAsync("e-5")).Select(e => e.Id.ToString()));
        Assert.Equal("e-5", world.Client.LastEventId.ToString());
    }

    [Fact]
    public async Task LastEventId_EventIsInHand_IsStillTheOneBefore()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Notes(1, 2));

        await world.ReadAsync();
        Assert.True(world.Client.LastEventId.IsEmpty);
        await world.ReadAsync();

        Assert.Equal("e-1", world.Client.LastEventId.ToString());
    }

    [Fact]
    public async Task Events_ReceivedTwice_AreHandedOutOnce()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        string[] ids = ["e-9", "e-10", "e-9", "e-10", "e-9007199254740992", "e-9007199254740993", "e-9007199254740993", "e-9223372036854775807"];

        socket.Deliver([.. ids.Select(Wire.Note)]);

        Assert.Equal(ids.Distinct(), (await world.HandleAsync(ids[^1])).Select(e => e.Id.ToString()));
    }

    [Fact]
    public async Task CoalescedEvent_KnownInPart_IsLeftOutAndTheRunNotWhole()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();

        socket.Deliver(Wire.Started("e-1"), Wire.Responding("e-4", "abc", first: "e-2"));
        socket.Deliver(Wire.Responding("e-4", "abc", first: "e-2"), Wire.Responding("e-3", "b"), Wire.Note("e-5"));
        await world.HandleAsync("e-5");
        Assert.Equal(("abc", true), (world.Client.Runs.Find(new RunId("r1"))!.Answer, world.Client.Runs.Find(new RunId("r1"))!.IsComplete));
        socket.Deliver(Wire.Responding("e-7", "cdef", first: "e-4"), Wire.Note("e-8"));
        List<AgentEvent> events = await world.HandleAsync("e-8");

        Assert.Equal(["e-8"], events.Select(e => e.Id.ToString()));
        Assert.Equal(("abc", false), (world.Client.Runs.Find(new RunId("r1"))!.Answer, world.Client.Runs.Find(new RunId("r1"))!.IsComplete));
    }

    [Fact]
    public async Task Cursor_MovesWhatIsRememberedForwardsOnly()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync(Wire.Welcome("e-50"));

        socket.Deliver(Wire.Cursor("e-40"), Wire.Cursor("e-30"), Wire.Note("e-39"), Wire.Note("e-41"));

        Assert.Equal("e-41", (await world.ReadAsync()).Id.ToString());
        Assert.Equal("e-40", world.Client.LastEventId.ToString());
    }

    [Fact]
    public async Task Reset_EventsWaitInTheQueue_IsToldAfterThemAndBeforeWhatFollows()
    {
        List<string> seen = [];
        await using ClientWorld world = new(options => options.OnReset = (reason, _) =>
        {
            seen.Add(reason.ToString());
            return default;
        });
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Notes(1, 3));
        Assert.Equal("e-1", (await world.ReadAsync()).Id.ToString());
        socket.End(4408);
        await world.EndedAsync();

        FakeAttempt attempt = await world.AttemptAsync();
        attempt.Accept().Deliver(Wire.Welcome("f-1", reset: "epoch_changed"), Wire.Note("f-1"));
        foreach (string expected in new[] { "e-2", "e-3", "f-1" })
        {
            AgentEvent e = await world.ReadAsync();
            Assert.Equal(expected, e.Id.ToString());
            seen.Add(expected);
        }

        Assert.Equal(["e-2", "e-3", "EpochChanged", "f-1"], seen);
        Assert.True(world.Client.LastEventId.IsEmpty);
    }

    [Fact]
    public async Task Reset_OnALiveConnection_TellsAndGoesOnAfterItsPosition()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"), Wire.Started("e-2", "r2"), Wire.Completed("e-3", "r2"), Wire.Reset("log_lost", "f-10", null), Wire.Responding("f-11", "on"));

        await world.HandleAsync("f-11");

        Assert.Equal([ResetReason.LogLost], world.Resets);
        Assert.Equal((false, true), (world.Client.Runs.Find(new RunId("r1"))!.IsComplete, world.Client.Runs.Find(new RunId("r2"))!.IsComplete));
        await world.ReopenAsync(socket, Wire.Welcome("f-11", resumed: true));
        Assert.Equal("f-11", world.Client.LastEventId.ToString());
    }

    [Fact]
    public async Task Reset_RunsAmongWhichOneIsNot_ShowsItAsInterrupted()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(
            Wire.Started("e-1"), Wire.Started("e-2", "lost"), Wire.Started("e-3", "done"), Wire.Completed("e-4", "done"), Wire.Reset("too_old", "e-10", "r1", "unknown"));
        socket.Deliver(Wire.Completed("e-11"));

        await world.HandleAsync("e-11");

        RunView[] runs = [.. world.Client.Runs.ToList()];
        Assert.Equal(["r1", "lost", "done"], runs.Select(run => run.RunId.Value));
        Assert.Equal([RunStatus.Completed, RunStatus.Interrupted, RunStatus.Completed], runs.Select(run => run.Status));
        Assert.Equal([false, false, true], runs.Select(run => run.IsComplete));
    }

    // What the connection between was sent and the client never got counts as delivered: nobody else would say that it is lost.
    [Fact]
    public async Task Reset_CutBeforeAnythingFollows_IsToldAgain()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Note("e-1"));
        await world.HandleAsync("e-1");
        socket = await world.ReopenAsync(socket, Wire.Welcome("f-2", reset: "epoch_changed"));

        socket.End(4408);
        world.Time.Advance((await world.StatusAsync(ConnectionState.Waiting)).RetryIn!.Value);
        FakeAttempt attempt = await world.AttemptAsync();
        attempt.Accept().Deliver(Wire.Welcome("f-5", reset: "epoch_changed"), Wire.Note("f-6"));
        await world.HandleAsync("f-6");

        Assert.Equal(["e-1"], attempt.Query("last_event_id"));
        Assert.Equal([ResetReason.EpochChanged, ResetReason.EpochChanged], world.Resets);
    }

    [Fact]
    public async Task StartLive_CutRightAfterTheWelcome_ResumesFromItsHead()
    {
        await using ClientWorld world = new(options => options.Start = StartPosition.Live);
        FakeSocket socket = await world.OpenAsync(Wire.Welcome("e-50"));

        socket.End(4408);
        world.Time.Advance((await world.StatusAsync(ConnectionState.Waiting)).RetryIn!.Value);

        Assert.Equal(["e-50"], (await world.AttemptAsync()).Query("last_event_id"));
    }

    [Fact]
    public async Task LastEventId_NothingHandledSinceAWelcomeThatStartsLive_IsItsHead()
    {
        await using ClientWorld world = new(options => options.Start = StartPosition.Live);
        FakeSocket socket = await world.OpenAsync(Wire.Welcome("e-50"));

        socket.Deliver(Wire.Note("e-51"));
        await world.ReadAsync();

        Assert.Equal("e-50", world.Client.LastEventId.ToString());
    }

    [Fact]
    public async Task LastEventId_OfAnEarlierLife_IsResumedFrom()
    {
        await using ClientWorld world = new(options => options.LastEventId = EventId.Parse("e-7", null));
        FakeAttempt attempt = await world.AttemptAsync();

        attempt.Accept().Deliver(Wire.Welcome("e-8", resumed: true, open: [("r1", true)]), Wire.Started("e-7"), Wire.Responding("e-8", "x"));

        Assert.Equal(["e-7"], attempt.Query("last_event_id"));
        Assert.Equal(["e-8"], (await world.HandleAsync("e-8")).Select(e => e.Id.ToString()));
        Assert.False(world.Client.Runs.Find(new RunId("r1"))!.IsComplete);
    }

    [Fact]
    public async Task Messages_MalformedOrUnknown_AreLeftOutAndTheConnectionGoesOn()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"));

        socket.Deliver("", "null", "7", "[]", "{", "\"x\"", """{"type":7}""", """{"type":"later"}""", """{"type":"x","id":7,"ts":1}""", """{"type":"reset"}""",
            """{"type":"cursor"}""", """{"type":"goaway"}""", """{"type":"reply"}""", """{"type":"error"}""", Wire.Welcome("z-9"), "{\"a\":" + new string('[', 5000));
        socket.DeliverBinary([1, 2, 3]);
        socket.Deliver(Wire.Note("e-2"));

        Assert.Equal(["e-1", "e-2"], (await world.HandleAsync("e-2")).Select(e => e.Id.ToString()));
        Assert.Equal(ConnectionState.Open, world.Client.Status.State);
        Assert.False(world.Client.Runs.Find(new RunId("r1"))!.IsComplete); // what could not be read may have been of it
    }

    [Fact]
    public async Task Message_AboveTheBound_EndsTheConnectionWith1009()
    {
        await using ClientWorld world = new(options => options.MaxMessageBytes = 4096);
        FakeSocket socket = await world.OpenAsync();

        socket.Deliver(Wire.Event("e-1", "note", new { text = new string('x', 5000) }));

        Assert.Equal(1009, (await world.EndedAsync()).CloseReason!.Code);
        Assert.Equal(1009, (int)await socket.Closed);
    }
}
