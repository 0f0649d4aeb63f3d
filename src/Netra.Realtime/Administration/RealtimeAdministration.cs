using Netra.Realtime.Connections;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Administration;

/// <summary>Looks and sends away; holds nothing of its own.</summary>
internal sealed class RealtimeAdministration(RealtimeConnections connections, ConnectionRegistry registry, RoomDirectory rooms) : IRealtimeAdministration
{
    private const int MaxPage = 10_000;
    private static readonly Disconnection Default = new();

    /// <inheritdoc/>
    public RealtimeStats GetStats()
    {
        LogCounters logs = registry.Sessions.Pool.Counters;
        return new RealtimeStats
        {
            Connections = registry.Count,
            PlacesTaken = registry.Places.Taken,
            MaxConnections = registry.Places.Max,
            ConnectionsDropped = registry.Metrics.DroppedCount,
            Users = registry.Sessions.Count,
            RevokedUsers = registry.Revoked.Count,
            OpenRuns = logs.OpenRuns,
            Rooms = rooms.Count,
            LogBytes = registry.Sessions.Pool.BytesInUse,
            EventsUndelivered = logs.Undelivered,
            EventsSuperseded = logs.Superseded,
            EventsShed = logs.Shed,
            Pressure = registry.Sessions.Pressure.Latest,
            ConnectionsReset = logs.Resets,
            ConnectionsOverrun = logs.Overruns,
            IsolationViolations = registry.Metrics.ForeignStampCount,
            Heartbeat = registry.SeesPongs ? registry.Metrics.Heartbeat : null,
            IsStopping = connections.IsStopping,
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<UserSnapshot> GetUsers(UserId? after = null, int max = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, MaxPage);
        return [.. registry.Sessions.Page(after, max).Select(Describe)];
    }

    /// <inheritdoc/>
    public UserSnapshot? FindUser(UserId user) => registry.Sessions.Find(user) is { } session ? Describe(session) : null;

    /// <inheritdoc/>
    public int DisconnectUser(UserId user, Disconnection? how = null) => CloseAll(user, null, (how ?? Default).CloseReason);

    /// <inheritdoc/>
    public bool DisconnectClient(UserId user, ClientId client, Disconnection? how = null) => CloseAll(user, client, (how ?? Default).CloseReason) > 0;

    /// <inheritdoc/>
    public bool DisconnectConnection(ConnectionId connection, Disconnection? how = null) =>
        registry.Find(connection) is { } found && found.Close((how ?? Default).CloseReason);

    /// <inheritdoc/>
    public int Revoke(UserId user)
    {
        if (user == default)
        {
            throw new ArgumentException("Nobody cannot be revoked.", nameof(user));
        }

        registry.Revoked.Add(user);
        return CloseAll(user, null, CloseReason.Revoked);
    }

    /// <inheritdoc/>
    public bool Restore(UserId user) => registry.Revoked.Remove(user);

    private int CloseAll(UserId user, ClientId? client, CloseReason reason)
    {
        int closed = 0;
        foreach (LogCursor cursor in registry.Sessions.Find(user)?.CursorsOf(client) ?? [])
        {
            closed += cursor is ConnectionWriter { Connection: var connection } && connection.Close(reason) ? 1 : 0;
        }

        return closed;
    }

    private static UserSnapshot Describe(UserSession session)
    {
        SessionFigures figures = session.Inspect();
        return new UserSnapshot
        {
            User = session.User,
            Connections = [.. figures.Cursors.Select(place => place.Cursor is ConnectionWriter writer ? Describe(writer.Connection, place.PendingBytes) : null).OfType<ConnectionSnapshot>()],
            OpenRuns = figures.OpenRuns,
            LastEventId = figures.Head,
            LogEntries = figures.Entries,
            LogBytes = figures.Bytes,
            Rooms = figures.Groups,
        };
    }

    private static ConnectionSnapshot Describe(RealtimeConnection connection, long pendingBytes) => new()
    {
        Id = connection.Id,
        Client = connection.Client,
        ConnectedAt = connection.ConnectedAt,
        PendingBytes = pendingBytes,
        State = connection.Heartbeat?.State,
        HealthScore = connection.Heartbeat?.Score.Value,
        RoundTrip = connection.Heartbeat?.RoundTrips.Figures,
    };
}
