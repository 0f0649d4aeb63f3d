namespace Netra.Realtime.Runs;

/// <summary>What a request to cancel met.</summary>
public enum CancelOutcome
{
    /// <summary>No such run of this user: it may be anybody else's, or nobody's.</summary>
    NotFound,

    /// <summary>The run was asked to stop.</summary>
    Requested,

    /// <summary>The run has ended; ended runs are remembered for 180 s.</summary>
    AlreadyEnded,
}
