namespace Netra.Realtime.Client.Runs;

/// <summary>How far a run is.</summary>
public enum RunStatus
{
    /// <summary>It has not ended.</summary>
    Running,

    /// <summary>It ended well.</summary>
    Completed,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It was asked to stop.</summary>
    Cancelled,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>It was cut off: the server says so, or neither knows the run any more nor how it ended.</summary>
    Interrupted,
}
