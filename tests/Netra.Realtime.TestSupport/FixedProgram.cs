using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.TestSupport;

/// <summary>Two interleaved runs of one user with everything that a run has, step by step.</summary>
internal sealed class FixedProgram
{
    private readonly UserEventEmitter _first;
    private readonly UserEventEmitter _second;
    private RunEmitter? _a, _b;
    private ToolCall? _call;

    public FixedProgram(EventEmitterFactory emitters, UserId user)
    {
        _first = emitters.CreateFor(user, new ThreadId("t-1"));
        _second = emitters.CreateFor(user, new ThreadId("t-2"));
        // Not part of the program: the id to resume from before anything of it was handled.
        Start = _first.Emit("before", 0).EventId;
        Steps =
        [
            () => { _a = _first.StartRun("writer", new RunStart { RunId = new RunId("r-a"), Message = "go \"on\"" }); Note(_a.Started, _a, "agent_started", 0, "go \"on\""); },
            () => { _b = _second.StartRun("helper", new RunStart { RunId = new RunId("r-b") }); Note(_b.Started, _b, "agent_started", 0, ""); },
            () => Think(_a!, 1, "hm"),
            () => Think(_a!, 1, ", so\n"),
            () => Respond(_b!, 1, "one "),
            () => Respond(_b!, 1, "two \u0001\\"),
            () => Respond(_a!, 2, "three"),
            () => Half(_a!, "\uD83D"),
            () => Respond(_b!, 1, "é"),
            () => WholePair(_a!, "\uDE00!"),
            () => { _call = _a!.ExecuteTool("search", new { q = "x" }, new CallId("c-1")); Note(_call.Started, _a, "tool_executing", 0, "c-1 search {\"q\":\"x\"}"); },
            () => Respond(_b!, 1, "three"),
            () => Note(_first.Emit("note", new { n = 1 }), null, "note", 0, "{\"n\":1}"),
            () => Note(_b!.Emit("table", new[] { 1, 2 }), _b, "table", 0, "[1,2]"),
            () => Respond(_b!, 2, "after"),
            () => Note(_call!.Progress(50, "half"), _a, "tool_progress", 0, "c-1 50 half"),
            () => Note(_call!.Complete("done"), _a, "tool_completed", 0, "c-1 Succeeded done"),
            () => Respond(_a!, 3, "end"),
            () => Respond(_b!, 2, "x"),
            () => Respond(_b!, 2, "y"),
            () => Respond(_a!, 3, "ed."),
            () => Note(_b!.Complete(7), _b, "agent_completed", 0, "7"),
            () => Note(_a!.Complete(8), _a, "agent_completed", 0, "8"),
            () => Note(_second.Emit("over", true), null, "over", 0, "True", "t-2"),
        ];
    }

    public EventId Start { get; }

    public IReadOnlyList<Action> Steps { get; }

    public List<EmittedEvent> Emitted { get; } = [];

    /// <summary>All steps that there are.</summary>
    public void RunToEnd()
    {
        foreach (Action step in Steps)
        {
            step();
        }
    }

    private void Think(RunEmitter run, int part, string text) => Note(run.Think(text), run, "agent_thinking", part, text);

    private void Respond(RunEmitter run, int part, string text) => Note(run.Respond(text), run, "agent_responding", part, text);

    // Half a character has no id yet: it comes with the other half.
    private static void Half(RunEmitter run, string text)
    {
        if (run.Respond(text).EventId != default)
        {
            throw new InvalidOperationException("Half a character got an id.");
        }
    }

    // The pair that is whole now has an id of its own, before that of the rest.
    private void WholePair(RunEmitter run, string text)
    {
        EmitResult rest = run.Respond(text);
        Note(rest with { EventId = rest.EventId.At(rest.EventId.Sequence - 1) }, run, "agent_responding", 2, "\U0001F600");
        Note(rest, run, "agent_responding", 2, "!");
    }

    private void Note(EmitResult result, RunEmitter? run, string type, int part, string content, string thread = "t-1") =>
        Emitted.Add(new EmittedEvent(result.EventId, run is null ? thread : run.Thread?.Value, run?.RunId.Value, type, part, content) { MayBeMissing = type == "tool_progress" });
}
