using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>A reader of a user's log. Live, replaying, reconnecting and lagging are one thing: where <see cref="Next"/> stands.</summary>
/// <remarks>
/// All state is guarded by the session's gate. The reader owns one read at a time: <see cref="EventLog.ReadLocked"/> opens it,
/// <see cref="EventLog.EndReadLocked"/> says what became of it.
/// </remarks>
internal abstract class LogCursor
{
    /// <summary>The client instance, if it named itself: a newcomer with the same one takes this one's place.</summary>
    public ClientId? Client { get; init; }

    /// <summary>The identity that the connection was accepted with: only bytes with this stamp are written.</summary>
    public ulong OwnerStamp { get; init; }

    /// <summary>When its client last sent a message, or connected: of <see cref="TimeProvider.GetTimestamp"/>. The reader writes it without the gate.</summary>
    public long ActiveAt
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>The sequence that is read next.</summary>
    public long Next { get; set; }

    public EventFilter Filter { get; set; } = EventFilter.All;

    /// <summary>The last sequence of the replay; its end is told with a <c>cursor</c> message.</summary>
    public long ReplayEnd { get; set; }

    public bool ReplayEndTold { get; set; }

    /// <summary>When not null, the replay passes only what is undelivered or of these runs.</summary>
    public IReadOnlySet<RunId>? ReplayRuns { get; set; }

    public bool ReplayOnlyUndelivered { get; set; }

    /// <summary>The sequences of the read that is under way: from, inclusive, to, exclusive.</summary>
    public long InFlightFrom { get; set; }

    public long InFlightTo { get; set; }

    public EventFilter InFlightFilter { get; set; } = EventFilter.All;

    public bool IsReading => InFlightTo > InFlightFrom;

    /// <summary>A flush waits for the peer, be it with events or with control messages only. Not while a write is merely under way.</summary>
    public bool IsFlushing { get; set; }

    /// <summary>The bytes that wait for this cursor: visible and unread, or read and not yet flushed.</summary>
    public long PendingBytes { get; set; }

    public long InFlightBytes { get; set; }

    /// <summary>The last sequence that the client was sent, as an event or by a <c>cursor</c>: the most that it may acknowledge.</summary>
    public long LastSent { get; set; }

    /// <summary>From here on everything that the filter matches, and that was not passed over in a replay, was sent.</summary>
    public long SentFrom { get; set; }

    /// <summary>What its client had handled when it came, as it said; 0 when it began anew.</summary>
    public long ResumedAfter { get; set; }

    /// <summary>The last sequence that the client said it has handled; 0 before it said anything.</summary>
    public long Acknowledged { get; set; }

    /// <summary>Whether its client may acknowledge: it has done so, or has a name by which it can, also after a reconnect.</summary>
    public bool MayAcknowledge => Client is not null || Acknowledged > 0;

    /// <summary>Events passed over since the client was last told a position.</summary>
    public int Skipped { get; set; }

    public bool CursorRequested { get; set; }

    /// <summary>Events left the window unread: the client is told <c>reset</c> before anything else of the log.</summary>
    public bool ResetPending { get; set; }

    /// <summary>Events left the window unread while a flush hung: the connection has to go.</summary>
    public bool Overrun { get; set; }

    public bool IsAttached { get; set; }

    /// <summary>Another connection took this one's place. Called outside the gate.</summary>
    public abstract void Supersede();

    /// <summary>There may be something to read. Called outside the gate, by the thread that appended.</summary>
    public abstract void Wake();

    /// <summary>The same for an event of very many readers: none of them is written by the thread that appended.</summary>
    public abstract void WakeOnPool();
}
