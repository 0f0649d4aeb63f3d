using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Runs;

/// <summary>A background run. It goes on whether or not anybody holds this.</summary>
public sealed class RunHandle
{
    internal RunHandle(RunId runId, EmitResult started, Task<RunOutcome> completion)
    {
        RunId = runId;
        Started = started;
        Completion = completion;
    }

    /// <summary>The run.</summary>
    public RunId RunId { get; }

    /// <summary>What became of <c>agent_started</c>; refused: the agent was not called.</summary>
    public EmitResult Started { get; }

    /// <summary>Completes when the run has ended and its terminal event is in the log. Never faults.</summary>
    public Task<RunOutcome> Completion { get; }
}
