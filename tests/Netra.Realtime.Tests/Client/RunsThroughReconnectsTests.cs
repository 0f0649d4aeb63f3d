using Netra.Realtime.Client;
using Netra.Realtime.Client.Runs;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Client;

/// <summary>The rules of rebuilding, and who was interrupted.</summary>
public sealed class RunsThroughReconnectsTests
{
    [Fact]
    public async Task EpochChanged_LostRunsAreInterruptedWhenTheReplayEnds()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1", "gone"), Wire.Event("e-2", "tool_executing", new { call_id = "c", tool = "s" }, "gone"), Wire.Started("e-3", "kept"));
        await world.HandleAsync("e-3");

        socket = await world.ReopenAsync(socket, Wire.Welcome("f-2", reset: "epoch_changed", open: [("kept", true)]));
        socket.Deliver(Wire.Started("f-1", "kept"), Wire.Responding("f-2", "x", "kept"));
        Assert.Equal(["f-1", "f-2"], (await world.HandleAsync("f-2")).Select(e => e.Id.ToString()));
        Assert.Equal(RunStatus.Running, Find(world, "gone").Status);
        socket.Deliver(Wire.Cursor("f-2"), Wire.Note("f-3"));
        await world.HandleAsync("f-3");

        Assert.Equal([ResetReason.EpochChanged], world.Resets);
        Assert.Equal((RunStatus.Interrupted, ToolStatus.Failed, false), (Find(world, "gone").Status, Find(world, "gone").Tools.Single().Status, Find(world, "gone").IsComplete));
        Assert.Equal((RunStatus.Running, "x", true), (Find(world, "kept").Status, Find(world, "kept").Answer, Find(world, "kept").IsComplete));
        Assert.Contains(world.Changes, change => change is [{ Value: "gone" }]);
    }

    [Fact]
    public async Task Cursor_InTheMiddleOfAReplay_InterruptsNothing()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"));
        await world.HandleAsync("e-1");

        socket = await world.ReopenAsync(socket, Wire.Welcome("f-900", reset: "epoch_changed"));
        socket.Deliver(Wire.Cursor("f-300"), Wire.Completed("f-900"), Wire.Cursor("f-900"), Wire.Note("f-901"));
        await world.HandleAsync("f-901");

        Assert.Equal(RunStatus.Completed, Find(world, "r1").Status);
    }

    [Fact]
    public async Task Run_BegunAfterTheWelcome_IsNotSuspected()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync(Wire.Welcome("e-5"));

        socket.Deliver(Wire.Started("e-6", "new"), Wire.Cursor("e-6"), Wire.Note("e-7"));
        await world.HandleAsync("e-7");

        Assert.Equal(RunStatus.Running, Find(world, "new").Status);
    }

    [Fact]
    public async Task Event_BeyondTheHeadOfTheWelcome_EndsTheReplayAsACursorDoes()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"));
        await world.HandleAsync("e-1");

        socket = await world.ReopenAsync(socket, Wire.Welcome("f-0", reset: "epoch_changed"));
        socket.Deliver(Wire.Started("f-1", "other"));
        await world.HandleAsync("f-1");

        Assert.Equal(RunStatus.Interrupted, Find(world, "r1").Status);
    }

    [Fact]
    public async Task Run_OutsideTheFilter_IsNotSuspected()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"));
        await world.HandleAsync("e-1");
        Task change = world.Client.SubscribeAsync(new HashSet<ThreadId> { new("t-2") }, null);
        socket.Deliver(Wire.Reply(await socket.SentAsync("subscribe")));
        await change;

        socket = await world.ReopenAsync(socket, Wire.Welcome("e-1", resumed: true));
        socket.Deliver(Wire.Cursor("e-1"), Wire.Note("e-2"));
        await world.HandleAsync("e-2");

        Assert.Equal(RunStatus.Running, Find(world, "r1").Status);
    }

    [Fact]
    public async Task Run_BegunWhileTheClientWasAwayAndReplayedWhole_IsComplete()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Note("e-1"));
        await world.HandleAsync("e-1");

        socket = await world.ReopenAsync(socket, Wire.Welcome("e-3", resumed: true, open: [("r1", true)]));
        socket.Deliver(Wire.Started("e-2"), Wire.Responding("e-3", "all of it"), Wire.Cursor("e-3"), Wire.Note("e-4"));
        await world.HandleAsync("e-4");

        Assert.Equal((true, "all of it", RunStatus.Running), (Find(world, "r1").IsComplete, Find(world, "r1").Answer, Find(world, "r1").Status));
    }

    // Its end was delivered to somebody else, and is not replayed to who begins anew.
    [Fact]
    public async Task Run_ReplayedWithoutItsEnd_IsInterrupted()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync(Wire.Welcome("e-9", open: [("open", true)]));

        socket.Deliver(Wire.Started("e-1"), Wire.Started("e-2", "open"), Wire.Started("e-3", "whole"), Wire.Completed("e-4", "whole"), Wire.Cursor("e-9"));
        socket.Deliver(Wire.Started("e-10", "new"));
        await world.HandleAsync("e-10");

        Assert.Equal(
            [("open", RunStatus.Running), ("r1", RunStatus.Interrupted), ("whole", RunStatus.Completed), ("new", RunStatus.Running)],
            world.Client.Runs.ToList().Select(run => (run.RunId.Value, run.Status)));
    }

    [Fact]
    public async Task OpenRun_OutsideTheFilterAndNotResumed_IsIncomplete()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"));
        await world.HandleAsync("e-1");
        Task change = world.Client.SubscribeAsync(new HashSet<ThreadId>(), null);
        socket.Deliver(Wire.Reply(await socket.SentAsync("subscribe")));
        await change.OrFail();

        socket = await world.ReopenAsync(socket, Wire.Welcome("e-9", reset: "too_old", open: [("r1", true)]));
        socket.Deliver(Wire.Event("e-10", "note", new { }, run: null, thread: null));
        await world.HandleAsync("e-10");

        Assert.Equal((RunStatus.Running, false), (Find(world, "r1").Status, Find(world, "r1").IsComplete));
    }

    [Fact]
    public async Task Run_OfNoThread_PassesEveryFilter()
    {
        await using ClientWorld world = new(options => options.Runs = new HashSet<RunId> { new("another") });
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Event("e-1", "agent_started", new { }, "r1", thread: null));
        await world.HandleAsync("e-1");

        socket = await world.ReopenAsync(socket, Wire.Welcome("f-0", reset: "epoch_changed"));
        socket.Deliver(Wire.Cursor("f-0"), Wire.Note("f-1"));
        await world.HandleAsync("f-1");

        Assert.Equal(RunStatus.Interrupted, Find(world, "r1").Status);
    }

    [Fact]
    public async Task Run_OutsideTheFilterThatTheConnectionWasAskedForWith_IsNotSuspected()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"));
        await world.HandleAsync("e-1");
        Task change = world.Client.SubscribeAsync(new HashSet<ThreadId> { new("t-2") }, null);
        socket.Deliver(Wire.Reply(await socket.SentAsync("subscribe")));
        await change.OrFail();
        socket.End(4408);
        world.Time.Advance((await world.StatusAsync(ConnectionState.Waiting)).RetryIn!.Value);
        FakeAttempt attempt = await world.AttemptAsync();
        await world.Client.SubscribeAsync(null, null).OrFail();

        attempt.Accept().Deliver(Wire.Welcome("e-1", resumed: true), Wire.Cursor("e-1"), Wire.Event("e-2", "note", new { }, run: null, thread: null));
        await world.HandleAsync("e-2");

        Assert.Equal(RunStatus.Running, Find(world, "r1").Status);
    }

    [Fact]
    public async Task OpenRun_PositionWasTooOld_IsBuiltAnewWithoutDoubledText()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"), Wire.Responding("e-4", "Hello", first: "e-2"), Wire.Started("e-5", "ended"), Wire.Completed("e-6", "ended"));
        await world.HandleAsync("e-6");

        socket = await world.ReopenAsync(socket, Wire.Welcome("e-9", reset: "too_old", open: [("r1", true)]));
        socket.Deliver(Wire.Started("e-1"), Wire.Responding("e-8", "Hello world", first: "e-2"), Wire.Cursor("e-9"), Wire.Responding("e-10", "!"));
        await world.HandleAsync("e-10");

        Assert.Equal(("Hello world!", true, RunStatus.Running), (Find(world, "r1").Answer, Find(world, "r1").IsComplete, Find(world, "r1").Status));
        Assert.Equal(["r1", "ended"], world.Client.Runs.ToList().Select(run => run.RunId.Value));
    }

    [Fact]
    public async Task EndedRun_ReplayedAfterAResetOfTheSameEpoch_TakesNothingASecondTime()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"), Wire.Responding("e-2", "once"), Wire.Completed("e-3"));
        await world.HandleAsync("e-3");

        socket = await world.ReopenAsync(socket, Wire.Welcome("e-9", reset: "too_old"));
        socket.Deliver(Wire.Responding("e-2", "once"), Wire.Completed("e-3"));
        await world.HandleAsync("e-3");

        Assert.Equal("once", Find(world, "r1").Answer);
    }

    [Fact]
    public async Task OpenRun_StartReplaysLess_IsKeptAndNotWhole()
    {
        await using ClientWorld world = new(options => options.Start = StartPosition.Live);
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"), Wire.Responding("e-2", "kept"));
        await world.HandleAsync("e-2");

        socket = await world.ReopenAsync(socket, Wire.Welcome("e-9", reset: "too_old", open: [("r1", true)]));
        socket.Deliver(Wire.Note("e-10"));
        await world.HandleAsync("e-10");

        Assert.Equal(("kept", false), (Find(world, "r1").Answer, Find(world, "r1").IsComplete));
    }

    [Fact]
    public async Task AnotherUser_SignsIn_SeesNoRunsOfTheFormer()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"));
        await world.HandleAsync("e-1");

        socket = await world.ReopenAsync(socket, Wire.Welcome("f-0", reset: "epoch_changed", user: "bob"));
        socket.Deliver(Wire.Note("f-1"));
        await world.HandleAsync("f-1");

        Assert.Empty(world.Client.Runs.ToList());
    }

    private static RunView Find(ClientWorld world, string run) => world.Client.Runs.Find(new RunId(run))!;
}
