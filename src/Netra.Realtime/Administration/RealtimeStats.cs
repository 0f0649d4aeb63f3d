using Netra.Realtime.Diagnostics;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Administration;

/// <summary>What a host has counted since it started, and how full it is. Nothing of a user.</summary>
public sealed record RealtimeStats
{
    /// <summary>Sockets that are open, those that are closing included.</summary>
    public required int Connections { get; init; }

    /// <summary>Places that are taken.</summary>
    public required int PlacesTaken { get; init; }

    /// <summary>Places that there are: <c>Limits.MaxConnections</c>.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>Connections that were lost or given up, and not closed in order (<c>connections_dropped</c>).</summary>
    public required long ConnectionsDropped { get; init; }

    /// <summary>Users that something is kept of, connected or not.</summary>
    public required int Users { get; init; }

    /// <summary>Users that are revoked.</summary>
    public required int RevokedUsers { get; init; }

    /// <summary>Runs that have not ended.</summary>
    public required long OpenRuns { get; init; }

    /// <summary>Rooms that somebody is in.</summary>
    public required int Rooms { get; init; }

    /// <summary>The memory of all logs, in bytes.</summary>
    public required long LogBytes { get; init; }

    /// <summary>Events that left their log without having been flushed to any connection.</summary>
    public required long EventsUndelivered { get; init; }

    /// <summary>Events that a newer one made pointless.</summary>
    public required long EventsSuperseded { get; init; }

    /// <summary>Events that were refused because the host was hard pressed.</summary>
    public required long EventsShed { get; init; }

    /// <summary>How hard pressed the host is, and by what.</summary>
    public required PressureReading Pressure { get; init; }

    /// <summary>Connections that were told <c>reset</c>.</summary>
    public required long ConnectionsReset { get; init; }

    /// <summary>Connections that fell out of the window while a flush hung.</summary>
    public required long ConnectionsOverrun { get; init; }

    /// <summary>Blocks found in another user's log: must be 0.</summary>
    public required long IsolationViolations { get; init; }

    /// <summary>Null where only transports were used that show no pongs: the framework's sockets keep alive by themselves and tell nothing.</summary>
    public HeartbeatFigures? Heartbeat { get; init; }

    /// <summary>Whether the host stops, and refuses newcomers for it.</summary>
    public required bool IsStopping { get; init; }
}
