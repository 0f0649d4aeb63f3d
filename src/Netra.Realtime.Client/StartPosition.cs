namespace Netra.Realtime.Client;

/// <summary>Where a client begins that has no position yet, or whose position is no longer known.</summary>
public enum StartPosition
{
    /// <summary>With the oldest event of the user's open runs, or the oldest that no connection has received, whichever is older.</summary>
    OpenRuns,

    /// <summary>With the oldest event that no connection of the user has received.</summary>
    Undelivered,

    /// <summary>With what comes from now on.</summary>
    Live,
}
