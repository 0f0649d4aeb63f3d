using Netra.Realtime.Protocol;

namespace Netra.Realtime.Emitters;

/// <summary>What may be said of a run when it starts.</summary>
public sealed record RunStart
{
    /// <summary>The id of the run; minted when null. The same id twice within a user is refused.</summary>
    public RunId? RunId { get; init; }

    /// <summary>What the agent says of its task; shown to the user, cut to 2,000 units.</summary>
    public string? Message { get; init; }

    /// <summary>How long the run may be without an event before it is ended as <c>timed_out</c>, looked at by the sweep (every 30 s): above 0 and at most 7 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/> for a run that may be silent as long as it likes. Null: <c>Limits.MaxRunSilence</c>.</summary>
    public TimeSpan? MaxSilence { get; init; }

    /// <summary>The run that starts this one, or null.</summary>
    public RunId? ParentRunId { get; init; }
}
