using System.Diagnostics;
using System.Runtime.InteropServices;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>The one ordered, bounded log of a user, and the cursors over it. This file: append and trim.</summary>
/// <remarks>
/// Everything is guarded by the session's gate; methods that need it end in <c>Locked</c>. Nothing here does I/O, awaits, or calls
/// back. What is retained is always a contiguous range of sequences: bounds trim from the front, slice by slice.
/// </remarks>
internal sealed partial class EventLog
{
    /// <summary>The most text of one segment, and so of one delta, in escaped bytes.</summary>
    public const int MaxSegmentTextBytes = (16 * 1024) - LogEntry.StampBytes; // the largest block of a segment is 16 KiB

    /// <summary>What each sequence costs besides its bytes.</summary>
    public const int SequenceCostBytes = 16;

    private const int FirstSegmentBytes = 512;

    private readonly Lock _gate;
    private readonly LogBlockPool _pool;
    private readonly SessionSettings _settings;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly ulong _stamp;
    private readonly UserId _user;
    private readonly UndeliveredEventQueue? _undelivered;
    private readonly IReadOnlyCollection<OpenRun> _openRuns;
    private readonly EventId _epoch;
    private readonly SequenceRing _order;
    private readonly Dictionary<LatestKey, long> _latest = [];

    // Said here and not found in the entry: that lies in memory that was last touched when it was appended.
    private bool _isHeadVolatile;

    public EventLog(
        Lock gate,
        UserId user,
        EventId startAfter,
        ulong stamp,
        LogBlockPool pool,
        UndeliveredEventQueue? undelivered,
        IReadOnlyCollection<OpenRun> openRuns,
        SessionSettings settings,
        TimeProvider time)
    {
        _gate = gate;
        _openRuns = openRuns;
        _user = user;
        _undelivered = undelivered;
        _epoch = startAfter;
        _stamp = stamp;
        _pool = pool;
        _settings = settings;
        _time = time;
        _started = time.GetTimestamp();
        _order = new SequenceRing(startAfter.Sequence + 1);
    }

    /// <summary>The id of the newest event; <c>epoch-0</c> of a log that never had one.</summary>
    public EventId Head => _epoch.At(_order.Head);

    public long Tail => _order.Tail;

    /// <summary>When the newest event was appended, by the log's own clock: milliseconds that wrap. Only right after an append.</summary>
    public uint NewestTime => _order[_order.Head].Time;

    /// <summary>Events and segments that are retained and not superseded.</summary>
    public int EntryCount { get; private set; }

    /// <summary>Their bytes, with what each sequence costs.</summary>
    public int Bytes { get; private set; }

    /// <summary>Appends an encoded event. Takes over the entry.</summary>
    public AppendResult AppendLocked(LogEntry owned)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "caller holds the gate");
        PassVolatileHeadLocked();
        ref SequenceRef added = ref _order.Add();
        long sequence = _order.Head;
        EventId id = _epoch.At(sequence);
        owned.Number(id, _stamp);
        owned.LastSequence = sequence;
        owned.CostBytes = owned.Length - LogEntry.HeadBytes;
        added.Entry = owned;
        added.Time = Now();
        _isHeadVolatile = owned.Class.IsOnlyForTheHead();
        EntryCount++;
        Bytes += owned.CostBytes + SequenceCostBytes;
        if (owned.Key is { } key)
        {
            ref long newest = ref CollectionsMarshal.GetValueRefOrAddDefault(_latest, key, out bool exists);
            if (exists)
            {
                BuryLocked(newest);
            }

            newest = sequence;
        }

        (int connections, long pending) = ReachLocked(owned, owned.CostBytes + SequenceCostBytes);
        TrimToBoundsLocked();
        return new AppendResult(AppendStatus.Appended, id, connections, pending);
    }

    /// <summary>Appends text to the run's part, as one more slice of its segment where it has room.</summary>
    public AppendResult AppendTextLocked(OpenRun run, ReadOnlySpan<byte> escaped)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "caller holds the gate");
        Debug.Assert(escaped.Length is > 0 and <= MaxSegmentTextBytes, "the emitter splits what is longer");
        PassVolatileHeadLocked();
        LogEntry segment = SegmentForLocked(run, escaped.Length);
        int start = segment.Length - LogEntry.StampBytes;
        escaped.CopyTo(segment.Block.AsSpan(segment.Length));
        segment.Length += escaped.Length;

        ref SequenceRef added = ref _order.Add();
        added.Entry = segment;
        added.TextStart = start;
        added.TextEnd = (ushort)(start + escaped.Length);
        added.Time = Now();
        segment.LastSequence = _order.Head;
        segment.CostBytes += escaped.Length;
        Bytes += escaped.Length + SequenceCostBytes;
        (int connections, long pending) = ReachLocked(segment, escaped.Length + SequenceCostBytes);
        TrimToBoundsLocked();
        return new AppendResult(AppendStatus.Appended, Head, connections, pending);
    }

    /// <summary>A newer state of the same thing makes this one pointless, such as a completed tool its progress.</summary>
    public void SupersedeLocked(LatestKey key)
    {
        if (_latest.Remove(key, out long sequence))
        {
            BuryLocked(sequence);
        }
    }

    /// <summary>Trims what is older than the age bound, but never from the start of the oldest open run on.</summary>
    public void ExpireLocked(long oldestOpenRunSequence)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "caller holds the gate");
        uint now = Now();
        uint maxAge = (uint)_settings.MaxAge.TotalMilliseconds;
        while (_order.Count > 0 && _order.Tail < oldestOpenRunSequence && unchecked(now - _order[_order.Tail].Time) > maxAge)
        {
            TrimOneLocked(UndeliveredReason.Age);
        }

        HandOverLostLocked();
    }

    /// <summary>Trims everything: the session is evicted, its memory is needed elsewhere, or the host has stopped.</summary>
    public void ClearLocked(UndeliveredReason reason)
    {
        while (_order.Count > 0)
        {
            TrimOneLocked(reason);
        }

        HandOverLostLocked();
    }

    public uint TimeNowLocked() => Now();

    /// <summary>How long ago a moment of the log's own clock was; right for 49 days.</summary>
    public TimeSpan SinceLocked(uint moment) => TimeSpan.FromMilliseconds(unchecked(Now() - moment));

    private uint Now() => unchecked((uint)(long)_time.GetElapsedTime(_started).TotalMilliseconds);

    private LogEntry SegmentForLocked(OpenRun run, int textBytes)
    {
        LogEntry? segment = run.Segment;
        int needed = LogEntry.StampBytes + textBytes;
        if (segment is not null && segment.Part == run.Part && segment.Length + textBytes <= LogEntry.StampBytes + MaxSegmentTextBytes)
        {
            needed = segment.Length + textBytes;
            if (needed > segment.Block.Length)
            {
                _pool.Grow(segment, Math.Max(needed, segment.Block.Length * 2));
            }

            return segment;
        }

        segment = _pool.Rent(Math.Max(needed, FirstSegmentBytes));
        segment.SegmentOf = run;
        segment.Thread = run.Thread;
        segment.Run = run.Id;
        segment.IsThinking = run.PartIsThinking;
        segment.Part = run.Part;
        segment.UtcBase = _time.GetUtcNow();
        segment.TimeBase = Now();
        segment.Length = LogEntry.StampBytes;
        segment.WriteStamp(_stamp);
        run.Segment = segment;
        EntryCount++;
        return segment;
    }

    // Volatile events live only as the head: whoever has not read it by now never will.
    private void PassVolatileHeadLocked()
    {
        if (_isHeadVolatile && _order.Count > 0)
        {
            BuryLocked(_order.Head);
        }

        _isHeadVolatile = false;
    }

    private void BuryLocked(long sequence)
    {
        if (sequence < _order.Tail)
        {
            return;
        }

        ref SequenceRef grave = ref _order[sequence];
        LogEntry entry = grave.Entry!; // _latest and the head check name only sequences that still have their entry
        foreach (LogCursor cursor in _cursors)
        {
            if (cursor.Next <= sequence && cursor.Filter.Matches(entry.Thread, entry.Run))
            {
                cursor.PendingBytes -= entry.CostBytes + SequenceCostBytes;
            }
        }

        grave.Entry = null;
        SettleLeavingLocked(sequence, entry, grave.IsDelivered, loss: null);
        Bytes -= entry.CostBytes + SequenceCostBytes;
        EntryCount--;
        _pool.Counters.NoteSuperseded();
        _pool.Return(entry);
    }

    // Tombstones have no bytes, but each has its place in the ring: they are bounded as if they had.
    private void TrimToBoundsLocked()
    {
        int maxSequences = _settings.MaxBytes / SequenceCostBytes;
        while ((EntryCount > _settings.MaxEvents || Bytes > _settings.MaxBytes || _order.Count > maxSequences) && _order.Count > 1)
        {
            TrimOneLocked(UndeliveredReason.Bounds);
        }

        HandOverLostLocked();
    }

    private void TrimOneLocked(UndeliveredReason reason)
    {
        long sequence = _order.Tail;
        ref SequenceRef oldest = ref _order[sequence];
        if (oldest.Entry is { } entry)
        {
            int cost = CostOf(in oldest, entry);
            LeaveUnreadLocked(sequence, entry, cost);
            SettleLeavingLocked(sequence, entry, oldest.IsDelivered, entry.Class.IsMissedWhenTrimmed() ? reason : null);
            Bytes -= cost;
            if (sequence == entry.LastSequence)
            {
                RemoveEntryLocked(sequence, entry);
            }
        }

        _order.RemoveTail();
        foreach (LogCursor cursor in _cursors)
        {
            cursor.Next = Math.Max(cursor.Next, _order.Tail);
        }
    }

    private void RemoveEntryLocked(long sequence, LogEntry entry)
    {
        EntryCount--;
        if (entry.SegmentOf is { } run && run.Segment == entry)
        {
            run.Segment = null; // the next delta of the part begins a new segment
        }

        if (entry.Key is { } key && _latest.TryGetValue(key, out long newest) && newest == sequence)
        {
            _latest.Remove(key);
        }

        _pool.Return(entry);
    }

    // A slow consumer: what it wants leaves the window. While a flush hangs, the connection goes (4408) and comes back to
    // whatever is still there; otherwise it is told, and goes on.
    private void LeaveUnreadLocked(long sequence, LogEntry entry, int cost)
    {
        foreach (LogCursor cursor in _cursors)
        {
            // One that is detached has left already and says why itself: it is still here only for its last flush.
            if (!cursor.IsAttached || cursor.Next > sequence || !cursor.Filter.Matches(entry.Thread, entry.Run))
            {
                continue;
            }

            cursor.PendingBytes -= cost;
            if (entry.Class.IsMissedWhenTrimmed() && !IsFilteredFromReplay(cursor, sequence, entry.Run, _order[sequence].IsDelivered))
            {
                if (cursor.IsFlushing && !cursor.Overrun)
                {
                    cursor.Overrun = true;
                    _pool.Counters.NoteOverrun();
                }
                else if (!cursor.IsFlushing && !cursor.ResetPending)
                {
                    cursor.ResetPending = true;
                    _pool.Counters.NoteReset();
                }
            }
        }
    }

    // Whom the event reaches, and what waits on the slowest of them.
    private (int Connections, long PendingBytes) ReachLocked(LogEntry entry, int cost)
    {
        int connections = 0;
        long pending = 0;
        foreach (LogCursor cursor in _cursors)
        {
            if (cursor.IsAttached && cursor.Filter.Matches(entry.Thread, entry.Run))
            {
                cursor.PendingBytes += cost;
                connections++;
                pending = Math.Max(pending, cursor.PendingBytes);
            }
        }

        return (connections, pending);
    }
}
