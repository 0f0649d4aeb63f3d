using Netra.Realtime.Client.Runs;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Tests.Client;

/// <summary>What is shown of a run, from its events.</summary>
public sealed class RunsViewTests
{
    private static readonly RunId Run = new("r1");

    [Fact]
    public async Task Run_IsShownWithThinkingToolsAndAnswerInTheOrderInWhichTheyCame()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(
            Wire.Event("e-1", "agent_started", new { message = "Why?", parent_run_id = "r0" }),
            Wire.Event("e-2", "agent_thinking", new { delta = "Let ", part = 1 }),
            Wire.Event("e-3", "agent_thinking", new { delta = "me see", part = 1 }),
            Wire.Event("e-4", "tool_executing", new { call_id = "c1", tool = "search", input = new { query = "x" } }),
            Wire.Event("e-5", "tool_executing", new { call_id = "c2", tool = "read" }),
            Wire.Event("e-6", "tool_progress", new { call_id = "c1", percent = 40, message = "half" }),
            Wire.Event("e-7", "tool_completed", new { call_id = "c2", tool = "read", status = "failed", error = new { code = "x", message = "no" }, duration_ms = 3 }));
        await world.HandleAsync("e-7");
        RunView before = world.Client.Runs.Find(Run)!;
        socket.Deliver(
            Wire.Event("e-8", "tool_completed", new { call_id = "c1", tool = "search", status = "succeeded", output = new[] { 1 }, duration_ms = 9 },
                truncated: new Dictionary<string, long> { ["payload.output"] = 71680 }),
            Wire.Event("e-9", "agent_responding", new { delta = "Because.", part = 2 }),
            Wire.Event("e-10", "agent_completed", new { result = new { ok = true }, duration_ms = 77, usage = new { tokens = 1 } }));
        await world.HandleAsync("e-10");

        Assert.Equal("c1", Assert.Single(before.OpenTools).CallId.Value); // what was handed out does not change
        RunView run = world.Client.Runs.Find(Run)!;
        Assert.Equal(new RunText(RunTextKind.Thinking, 1, "Let me see"), run.Timeline[0]);
        RunTool search = Assert.IsType<RunTool>(run.Timeline[1]);
        Assert.Equal(("search", ToolStatus.Succeeded, 40.0, "half", TimeSpan.FromMilliseconds(9)), (search.Tool, search.Status, search.Percent, search.Progress, search.Duration));
        Assert.Equal(("""{"query":"x"}""", "[1]", 71680L), (search.Input.ToString(), search.Output.ToString(), search.Truncated!["payload.output"]));
        RunTool read = Assert.IsType<RunTool>(run.Timeline[2]);
        Assert.Equal((ToolStatus.Failed, "no"), (read.Status, read.Error!.Message));
        Assert.Equal(new RunText(RunTextKind.Responding, 2, "Because."), run.Timeline[3]);
        Assert.Equal((RunStatus.Completed, "Why?", "r0", "t-1", "a", "Because.", true),
            (run.Status, run.Message, run.ParentRunId!.Value.Value, run.ThreadId!.Value.Value, run.Agent, run.Answer, run.IsComplete));
        Assert.Equal((TimeSpan.FromMilliseconds(77), run.StartedAt), (run.Duration, run.EndedAt));
        Assert.True(run.Result!.Value.GetProperty("ok").GetBoolean());
        Assert.Equal(10, world.Changes.Count(change => change.Single() == Run));
        Assert.Same(run, world.Client.Runs.Find(Run));
    }

    [Theory]
    [InlineData("error", RunStatus.Failed)]
    [InlineData("cancelled", RunStatus.Cancelled)]
    [InlineData("timed_out", RunStatus.TimedOut)]
    [InlineData("interrupted", RunStatus.Interrupted)]
    public async Task Run_ThatFailed_SaysHow(string reason, RunStatus status)
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1"), Wire.Event("e-2", "agent_failed", new { reason, error = new { code = "c", message = "m" }, duration_ms = 1 }));

        await world.HandleAsync("e-2");

        Assert.Equal((status, "c"), (world.Client.Runs.Find(Run)!.Status, world.Client.Runs.Find(Run)!.Error!.Code));
    }

    [Fact]
    public async Task OpenRuns_AreShownFromTheWelcomeOnAndSayWhenTheirBeginningIsMissing()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync(Wire.Welcome("e-9", open: [("whole", true), ("cut", false), ("joined", true)]));
        socket.Deliver(Wire.Started("e-1", "whole"), Wire.Responding("e-2", "x", "joined"));

        await world.HandleAsync("e-2");

        Assert.Equal([("whole", true), ("cut", false), ("joined", false)], world.Client.Runs.ToList().Select(run => (run.RunId.Value, run.IsComplete)));
    }

    [Fact]
    public async Task EndedRuns_AboveTheBound_LeaveTheOldestFirstAndOpenOnesStay()
    {
        await using ClientWorld world = new(options => options.KeepEndedRuns = 2);
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Started("e-1", "open"));

        for (int i = 1; i <= 5; i++)
        {
            socket.Deliver(Wire.Started($"e-{2 * i}", $"r{i}"), Wire.Completed($"e-{(2 * i) + 1}", $"r{i}"));
        }

        await world.HandleAsync("e-11");
        Assert.Equal(["open", "r4", "r5"], world.Client.Runs.ToList().Select(run => run.RunId.Value));
    }

    [Fact]
    public async Task EventOfTheApplication_ChangesNoRun()
    {
        await using ClientWorld world = new();
        FakeSocket socket = await world.OpenAsync();
        socket.Deliver(Wire.Event("e-1", "invoice_ready", new { number = 7 }));

        CustomEvent e = Assert.IsType<CustomEvent>(await world.ReadAsync());

        Assert.Equal(7, e.Payload.GetProperty("number").GetInt32());
        Assert.Empty(world.Client.Runs.ToList());
        Assert.Empty(world.Changes);
    }
}
