using System.Diagnostics;

namespace Netra.Realtime.Connections;

/// <summary>The connections whose transport can ping, in as many slots as an interval has looks: a look at one slot is at its connections only.</summary>
/// <remarks>
/// Newcomers go round the slots, whenever they come, so the pings of a reconnect storm are spread over the interval too. The heartbeat
/// engine turns the wheel; without it nothing moves, and a connection still leaves when its socket is gone.
/// </remarks>
internal sealed class HeartbeatWheel(TimeProvider time)
{
    public const int Slots = 50;

    private readonly Lock _gate = new();

    // Guarded by _gate, as is Heartbeat.Slot.
    private readonly HashSet<RealtimeConnection>[] _slots = [.. Enumerable.Range(0, Slots).Select(_ => new HashSet<RealtimeConnection>())];
    private int _at;
    private int _newcomer;

    public HeartbeatClock Clock { get; } = new(time);

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _slots.Sum(slot => slot.Count);
            }
        }
    }

    public void Add(RealtimeConnection connection)
    {
        if (connection.Heartbeat is not { } heartbeat)
        {
            return;
        }

        lock (_gate)
        {
            PutLocked(connection, heartbeat, _newcomer);
            _newcomer = (_newcomer + 1) % Slots;
        }
    }

    /// <summary>Turns the wheel by one slot and takes out whoever is in it.</summary>
    public void TakeNext(List<RealtimeConnection> due)
    {
        lock (_gate)
        {
            _at = (_at + 1) % Slots;
            due.AddRange(_slots[_at]);
            _slots[_at].Clear();
        }
    }

    /// <summary>Puts back who was taken out, unless it closes: it has left already, or will find nothing to leave.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="ahead">After how many turns it is due again, from 1 to <see cref="Slots"/>.</param>
    public void PutBack(RealtimeConnection connection, int ahead)
    {
        lock (_gate)
        {
            // A close has its reason before it comes to Remove, so whoever is put back here is still to be removed.
            if (connection.CloseReason is null)
            {
                PutLocked(connection, connection.Heartbeat!, (_at + ahead) % Slots); // only those with one are ever in here
            }
        }
    }

    public void Remove(RealtimeConnection connection)
    {
        if (connection.Heartbeat is not { } heartbeat)
        {
            return;
        }

        lock (_gate)
        {
            _slots[heartbeat.Slot].Remove(connection);
        }
    }

    private void PutLocked(RealtimeConnection connection, Heartbeat heartbeat, int slot)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "caller holds _gate");
        heartbeat.Slot = slot;
        _slots[slot].Add(connection);
    }
}
