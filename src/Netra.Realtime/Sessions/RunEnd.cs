namespace Netra.Realtime.Sessions;

/// <summary>What a run's terminal event said.</summary>
internal enum RunEnd
{
    Completed,
    Failed,
    Cancelled,
    TimedOut,
    Interrupted,
}
