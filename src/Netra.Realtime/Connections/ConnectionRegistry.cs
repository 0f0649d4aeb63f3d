using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Connections;

/// <summary>All connections of a host by their id: for the sweep, the heartbeat, the stop and statistics. Delivery never looks here.</summary>
/// <remarks>Safe for concurrent use. A connection is here until its socket is gone; its place is free as soon as its close begins.</remarks>
internal sealed class ConnectionRegistry(
    SessionDirectory sessions, ConnectionCounter places, HeartbeatWheel wheel, ConnectionHooks hooks, RealtimeMetrics metrics, ILogger logger)
{
    // Walked as it is: its Values would be a copy, made while nobody may come or go.
    private readonly ConcurrentDictionary<ConnectionId, RealtimeConnection> _connections = new();
    private readonly Lock _gate = new(); // of who waits until it is empty
    private TaskCompletionSource? _whenEmpty;
    private int _warned;
    private int _refusing;
    private bool _hasSeenPongs;
    private bool _hasSeenNone;

    public SessionDirectory Sessions => sessions;

    public ConnectionCounter Places => places;

    public HeartbeatWheel Wheel => wheel;

    public ConnectionHooks Hooks => hooks;

    public RealtimeMetrics Metrics => metrics;

    public RevokedUsers Revoked { get; } = new();

    /// <summary>Whether the heartbeat's figures say anything: not when there were only connections whose transport shows no pongs.</summary>
    public bool SeesPongs => Volatile.Read(ref _hasSeenPongs) || !Volatile.Read(ref _hasSeenNone);

    /// <summary>Connections whose socket is not gone yet.</summary>
    public int Count => _connections.Count;

    /// <summary>Sockets that are over a limit and are being told so. They hold no place, so they need a bound of their own.</summary>
    public int Refusing => Volatile.Read(ref _refusing);

    public void BeginRefusing() => Interlocked.Increment(ref _refusing);

    public void EndRefusing()
    {
        Interlocked.Decrement(ref _refusing);
        TellIfEmpty();
    }

    /// <summary>A connection by its id; null when it is gone.</summary>
    public RealtimeConnection? Find(ConnectionId id) => _connections.GetValueOrDefault(id);

    /// <summary>To be called before the welcome, so that whoever knows a connection by its id finds it.</summary>
    public void Add(RealtimeConnection connection)
    {
        Volatile.Write(ref connection.Heartbeat is null ? ref _hasSeenNone : ref _hasSeenPongs, true);
        _connections[connection.Id] = connection;
        wheel.Add(connection);
        metrics.Connected();
    }

    /// <summary>Says so in the log. To be called behind the welcome, because a logger may throw.</summary>
    public void LogConnected(RealtimeConnection connection, ConnectResult result)
    {
        ConnectionsLog.Connected(logger, connection.Id.Value, result.Resumed);
        if (places.Taken >= places.Max * 0.8 && Interlocked.Exchange(ref _warned, 1) == 0)
        {
            ConnectionsLog.NearLimit(logger, places.Taken, places.Max);
        }
    }

    public void Release(UserSession session, LogCursor cursor)
    {
        session.Disconnect(cursor, places);
        sessions.NoteIfRetired(session);
    }

    public void Remove(RealtimeConnection connection)
    {
        // By key and value: ids are minted once, but a late end must not remove what it does not own.
        if (_connections.TryRemove(KeyValuePair.Create(connection.Id, connection)))
        {
            wheel.Remove(connection);
            metrics.Disconnected();
        }

        TellIfEmpty();
    }

    /// <summary>When the last socket is gone, those that are being refused included. While connections still come, that may be between two of them.</summary>
    public Task WhenEmptyAsync()
    {
        lock (_gate)
        {
            return IsEmpty ? Task.CompletedTask : (_whenEmpty ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Tells each connection that skipped events where it is.</summary>
    public void TellPositions()
    {
        foreach ((_, RealtimeConnection connection) in _connections)
        {
            connection.TellPosition();
        }
    }

    /// <summary>Closes whoever has not said anything for so long, where the transport shows what comes in. For hosts without a heartbeat.</summary>
    public void CloseStale(TimeSpan staleAfter)
    {
        foreach ((_, RealtimeConnection connection) in _connections)
        {
            if (connection is { CloseReason: null, Heartbeat: { } heartbeat } && heartbeat.SilentFor >= staleAfter && connection.Close(CloseReason.HeartbeatTimeout))
            {
                metrics.TimeoutDetected();
            }
        }
    }

    /// <summary>Tells everybody that the server stops, each with another moment to come back, so that they do not come as one wave.</summary>
    public void GoAway(TimeSpan reconnectWithin)
    {
        foreach ((_, RealtimeConnection connection) in _connections)
        {
            connection.GoAway(reconnectWithin * Random.Shared.NextDouble());
        }
    }

    public void CloseAll(CloseReason reason)
    {
        foreach ((_, RealtimeConnection connection) in _connections)
        {
            connection.Close(reason);
        }
    }

    private bool IsEmpty => Refusing == 0 && _connections.IsEmpty;

    private void TellIfEmpty()
    {
        if (!IsEmpty)
        {
            return; // most ends are not the last
        }

        lock (_gate)
        {
            _whenEmpty?.TrySetResult();
            _whenEmpty = null;
        }
    }
}
