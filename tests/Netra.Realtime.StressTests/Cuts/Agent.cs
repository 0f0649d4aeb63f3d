using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>One emitter: a run after another, and what else an application emits. One thread at a time.</summary>
internal sealed class Agent(EventEmitterFactory emitters, UserId user, RoomId room, int index, Journal journal)
{
    private readonly string _thread = $"t-{index % 2}";
    private RunEmitter? _run;
    private ToolCall? _call; // of the run that is open
    private int _runs;
    private int _things;
    private int _part;
    private bool _partIsOpen;
    private bool _partIsThinking;

    public RunId? OpenRun => _run?.RunId;

    public void Do(int step)
    {
        UserEventEmitter mine = emitters.CreateFor(user, new ThreadId(_thread));
        RunEmitter run = _run ?? Start(mine);
        int thing = ++_things;
        switch (step)
        {
            case < 6:
                End(fails: step < 2);
                break;
            case < 16:
                UseTool(run, thing, step);
                break;
            case < 24:
                Note(mine.Emit("step", thing).EventId, "step", $"{thing}");
                break;
            case < 30:
                Note(mine.Emit("state", thing, EmitOptions.Latest($"{step % 2}")).EventId, "state", $"{thing}", DeliveryClass.Latest, $"{_thread} {step % 2}");
                break;
            case < 34:
                Note(mine.Emit("typing", thing, EmitOptions.Volatile).EventId, "typing", $"{thing}", DeliveryClass.Volatile);
                break;
            case < 40 when index == 0: // one thread, so that the order of the room's events is known
                for (int i = 0; i < (step == 39 ? 15 : 1); i++)
                {
                    if (emitters.CreateFor(room).Emit("room_note", $"{thing}.{i}").Members > 0)
                    {
                        journal.NoteOfRoom($"{thing}.{i}");
                    }
                }
                break;
            case < 44:
                journal.Note(new Emission(new EmittedEvent(emitters.CreateFor(user).Emit("alert", thing).EventId, null, null, "alert", 0, $"{thing}")));
                break;
            case < 48:
                using (emitters.Batch())
                {
                    for (int i = 0; i < 8; i++)
                    {
                        Say(run, $"[{thing}.{i}]", thinks: false);
                    }
                }
                break;
            case < 54:
                Say(run, new string('y', 2_500) + thing, thinks: step % 2 == 0);
                break;
            case < 64:
                Say(run, $"({thing}\u00e9\n)", thinks: true);
                break;
            default:
                SayInHalves(run, thing);
                break;
        }
    }

    /// <summary>Ends the run that is open, if there is one.</summary>
    public void End(bool fails = false)
    {
        if (_run is not { } run)
        {
            return;
        }
        if (_call is { } call)
        {
            CompleteTool(run, call, _runs, fails: false);
        }
        _run = null;
        if (fails)
        {
            NoteOfRun(run, run.Fail(FailureReason.TimedOut, "late", $"{_runs}").EventId, "agent_failed", 0, $"TimedOut late {_runs}");
        }
        else
        {
            NoteOfRun(run, run.Complete(_runs).EventId, "agent_completed", 0, $"{_runs}");
        }
    }

    private RunEmitter Start(UserEventEmitter mine)
    {
        _run = mine.StartRun("agent", new RunStart { RunId = new RunId($"r-{index}-{++_runs}"), Message = "go" });
        _part = 0;
        NoteOfRun(_run, _run.Started.EventId, "agent_started", 0, "go");
        return _run;
    }

    // A call of several steps, with whatever else comes between them.
    private void UseTool(RunEmitter run, int thing, int step)
    {
        if (_call is not { } call)
        {
            _call = run.ExecuteTool("tool", thing, new CallId($"c-{thing}"));
            NoteOfRun(run, _call.Started.EventId, "tool_executing", 0, $"{_call.CallId} tool {thing}");
        }
        else if (step % 2 == 0)
        {
            EmittedEvent progress = new(call.Progress(thing % 101, "on").EventId, _thread, run.RunId.Value, "tool_progress", 0, $"{call.CallId} {thing % 101} on");
            Note(progress, DeliveryClass.Latest, StateOf(run, call), StateOf(run, call));
        }
        else
        {
            CompleteTool(run, call, thing, fails: step % 3 == 0);
        }
    }

    private void CompleteTool(RunEmitter run, ToolCall call, int thing, bool fails)
    {
        _call = null;
        _partIsOpen = false;
        EventId completed = (fails ? call.Fail("broken", $"{thing}") : call.Complete(thing)).EventId;
        string content = fails ? $"{call.CallId} Failed broken {thing}" : $"{call.CallId} Succeeded {thing}";
        Note(new EmittedEvent(completed, _thread, run.RunId.Value, "tool_completed", 0, content), supersedes: StateOf(run, call));
    }

    private static string StateOf(RunEmitter run, ToolCall call) => $"{run.RunId} {call.CallId}";

    private void Say(RunEmitter run, string text, bool thinks)
    {
        OpenPart(thinks);
        NoteText(run, (thinks ? run.Think(text) : run.Respond(text)).EventId, text);
    }

    // Half a pair at the end of one delta, the other half at the start of the next: whole, it has an id of its own.
    private void SayInHalves(RunEmitter run, int thing)
    {
        OpenPart(thinks: false);
        NoteText(run, run.Respond($"[{thing}\"\uD83D").EventId, $"[{thing}\"");
        EventId rest = run.Respond("\uDE00\n]").EventId;
        NoteText(run, rest.At(rest.Sequence - 1), "\U0001F600");
        NoteText(run, rest, "\n]");
    }

    private void OpenPart(bool thinks)
    {
        _part += _partIsOpen && _partIsThinking == thinks ? 0 : 1;
        (_partIsOpen, _partIsThinking) = (true, thinks);
    }

    private void NoteText(RunEmitter run, EventId id, string text) =>
        Note(new EmittedEvent(id, _thread, run.RunId.Value, _partIsThinking ? "agent_thinking" : "agent_responding", _part, text));

    private void NoteOfRun(RunEmitter run, EventId id, string type, int part, string content)
    {
        _partIsOpen = false;
        Note(new EmittedEvent(id, _thread, run.RunId.Value, type, part, content));
    }

    private void Note(EventId id, string type, string content, DeliveryClass deliveryClass = DeliveryClass.MustDeliver, string? state = null) =>
        Note(new EmittedEvent(id, _thread, null, type, 0, content), deliveryClass, state, state);

    private void Note(EmittedEvent what, DeliveryClass deliveryClass = DeliveryClass.MustDeliver, string? state = null, string? supersedes = null) =>
        journal.Note(new Emission(what) { Class = deliveryClass, StateOf = state, Supersedes = supersedes });
}
