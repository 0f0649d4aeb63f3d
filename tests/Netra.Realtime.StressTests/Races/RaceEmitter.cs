using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Races;

/// <summary>Emits to one user, on a thread of its own.</summary>
internal sealed class RaceEmitter(LogHarness log, RaceUser user, int index, bool withStates)
{
    private readonly RealtimeRooms _rooms = new(log.Rooms, log.Sessions);
    private RunEmitter? _run;
    private int _runs;

    public void Do(Random random)
    {
        UserEventEmitter mine = log.Emitters.CreateFor(user.Id, new ThreadId($"t-{index % 2}"));
        switch (random.Next(12))
        {
            case < 5:
                Say(mine, random.Next(10) == 0 ? 2_000 : 10);
                break;
            case 5:
                UseTool(mine);
                break;
            case 6:
                user.Note(mine.Emit("step", user.Id.Value), "step");
                break;
            case 7 when withStates:
                user.Note(mine.Emit("state", user.Id.Value, EmitOptions.Latest("a")), "state", deliveryClass: DeliveryClass.Latest);
                break;
            case 8:
                user.Note(mine.Emit("typing", user.Id.Value, EmitOptions.Volatile), "typing", deliveryClass: DeliveryClass.Volatile);
                break;
            case 9:
                user.NoteOfRoom(log.Emitters.CreateFor(user.Room).Emit("room_note", user.Id.Value).Members);
                break;
            case 10:
                _rooms.Join(user.Id, user.Room);
                break;
            default:
                End();
                break;
        }
    }

    public void End()
    {
        if (_run is { } run)
        {
            _run = null;
            user.Note(run.Complete(), "agent_completed", run.RunId.Value);
        }
    }

    private RunEmitter Run(UserEventEmitter mine)
    {
        if (_run is null)
        {
            _run = mine.StartRun("agent", new RunStart { RunId = new RunId($"r-{index}-{++_runs}") });
            user.Note(_run.Started, "agent_started", _run.RunId.Value);
        }
        return _run;
    }

    private void Say(UserEventEmitter mine, int chars)
    {
        RunEmitter run = Run(mine);
        user.Note(run.Respond(user.Id.Value + new string('x', chars)), "agent_responding", run.RunId.Value);
    }

    private void UseTool(UserEventEmitter mine)
    {
        RunEmitter run = Run(mine);
        ToolCall call = run.ExecuteTool("tool", user.Id.Value);
        user.Note(call.Started, "tool_executing", run.RunId.Value);
        for (int i = 0; withStates && i < 2; i++)
        {
            user.Note(call.Progress(i, user.Id.Value), "tool_progress", run.RunId.Value, DeliveryClass.Latest);
        }
        user.Note(call.Complete(user.Id.Value), "tool_completed", run.RunId.Value);
    }
}
