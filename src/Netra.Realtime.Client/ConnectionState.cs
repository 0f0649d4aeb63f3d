namespace Netra.Realtime.Client;

/// <summary>Where a <see cref="RealtimeClient"/> is.</summary>
public enum ConnectionState
{
    /// <summary>Nobody has asked it to connect.</summary>
    NotStarted,

    /// <summary>It asks for credentials, connects, or waits for the welcome.</summary>
    Connecting,

    /// <summary>The server has welcomed it.</summary>
    Open,

    /// <summary>It waits before it tries again.</summary>
    Waiting,

    /// <summary>It does not connect any more.</summary>
    Closed,
}
