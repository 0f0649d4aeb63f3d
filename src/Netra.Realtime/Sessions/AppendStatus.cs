namespace Netra.Realtime.Sessions;

internal enum AppendStatus
{
    Appended,
    RunEnded,
    UnknownCall,
    CallAlreadyOpen,
    RunAlreadyExists,
    TooManyRuns,

    /// <summary>The session was evicted between look-up and append: resolve it anew.</summary>
    SessionEvicted,

    /// <summary>The host has stopped: what is left was counted and handed over, and nothing comes after that.</summary>
    HostStopped,
}
