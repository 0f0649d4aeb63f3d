namespace Netra.Realtime.Sessions;

/// <summary>Where a connection begins that has no <c>last_event_id</c>.</summary>
public enum ReplayStart
{
    /// <summary>At the oldest event of the open runs or the oldest that no connection has received, whichever is older: the default.</summary>
    Open,

    /// <summary>At the oldest event that no connection has received.</summary>
    Undelivered,

    /// <summary>Only what comes now.</summary>
    Live,
}
