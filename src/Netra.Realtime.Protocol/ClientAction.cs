namespace Netra.Realtime.Protocol;

/// <summary>What a client does by itself after a close.</summary>
public enum ClientAction
{
    /// <summary>It does not come back by itself.</summary>
    StayAway,

    /// <summary>It comes back: at once, then after a random time up to 0.5 s x 2^n, at most 30 s.</summary>
    Reconnect,

    /// <summary>It comes back, and gives up after the third such close in a row.</summary>
    ReconnectAtMostThreeTimes,

    /// <summary>It asks by a plain <c>GET</c> why, and does as the answer says: 401 and 403 stay away, all else comes back.</summary>
    AskByGet,

    /// <summary>It comes back after the delay of the last <c>goaway</c>.</summary>
    ReconnectAfterGoAway,

    /// <summary>It comes back, not sooner than after 30 s, and tells its user.</summary>
    ReconnectAfter30Seconds,

    /// <summary>It comes back, not sooner than after 5 s.</summary>
    ReconnectAfter5Seconds,

    /// <summary>It comes back with fresh credentials.</summary>
    ReconnectWithFreshCredentials,
}
