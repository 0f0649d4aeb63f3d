namespace Netra.Realtime.Runs;

/// <summary>How a background run ended.</summary>
public enum RunOutcome
{
    /// <summary>It completed.</summary>
    Completed,

    /// <summary>Its agent failed, by throwing or by saying so.</summary>
    Failed,

    /// <summary>It was asked to stop and did.</summary>
    Cancelled,

    /// <summary>Its agent said that it took too long.</summary>
    TimedOut,

    /// <summary>The host stopped.</summary>
    Interrupted,

    /// <summary>It never began: the user has too many open runs, or has had one of this id.</summary>
    Refused,
}
