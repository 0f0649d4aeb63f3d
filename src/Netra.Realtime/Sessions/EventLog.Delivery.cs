using System.Diagnostics;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <content>Cursors that come and go, and what becomes of events that somebody waits for.</content>
internal sealed partial class EventLog
{
    private readonly List<LeftInFlight> _leftInFlight = [];

    // Made with the first that waits.
    private Dictionary<long, TaskCompletionSource<DeliveryOutcome>>? _waiters;

    // Replaced, never changed: whoever wakes cursors outside the gate walks the array it took inside.
    private LogCursor[] _cursors = [];

    public LogCursor[] CursorsLocked => _cursors;

    /// <summary>Puts a cursor where its client left off, or where <paramref name="start"/> says.</summary>
    /// <returns>Whether it resumed, and if it was asked to and could not, why.</returns>
    public (bool Resumed, ResetReason? Reset) AttachLocked(
        LogCursor cursor, string? lastEventId, ReplayStart start, IReadOnlyCollection<OpenRun> openRuns)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "caller holds the gate");
        ResetReason? reset = null;
        bool resumed = false;
        cursor.ReplayEnd = _order.Head;
        if (lastEventId is not null)
        {
            reset = JudgeResume(lastEventId, out long sequence);
            resumed = reset is null;
            cursor.Next = sequence + 1;
        }

        if (!resumed)
        {
            PlaceAtStartLocked(cursor, start, openRuns);
        }

        cursor.LastSent = cursor.Next - 1;
        CountPendingLocked(cursor);
        cursor.IsAttached = true;
        _cursors = [.. _cursors, cursor];
        return (resumed, reset);
    }

    /// <summary>The cursor reads no more. A flush that is under way may still end.</summary>
    public void DetachLocked(LogCursor cursor)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "caller holds the gate");
        cursor.IsAttached = false;
        if (!cursor.IsReading)
        {
            RemoveCursorLocked(cursor);
        }
    }

    /// <summary>Another filter from the cursor's position on.</summary>
    public void SetFilterLocked(LogCursor cursor, EventFilter filter)
    {
        cursor.Filter = filter;
        CountPendingLocked(cursor);
    }

    /// <summary>Everything up to the id is handled. It never moves the log: only bounds trim.</summary>
    /// <returns>False for an id that this cursor was never sent.</returns>
    public bool TryAcknowledgeLocked(LogCursor cursor, EventId id) =>
        id.SameEpoch(_epoch) && id.Sequence <= cursor.LastSent;

    /// <summary>Completes when the event was flushed to a connection, or never will be.</summary>
    public Task<DeliveryOutcome> WhenDeliveredLocked(EventId id)
    {
        if (!id.SameEpoch(_epoch) || id.Sequence < 1 || id.Sequence > _order.Head)
        {
            return Task.FromResult(DeliveryOutcome.Unknown);
        }

        bool retained = id.Sequence >= _order.Tail;
        if (retained && _order[id.Sequence].IsDelivered)
        {
            return Task.FromResult(DeliveryOutcome.Delivered);
        }

        bool waits = retained && _order[id.Sequence].Entry is not null;
        if (!waits && !_leftInFlight.Exists(read => read.Sequence == id.Sequence))
        {
            return Task.FromResult(retained ? DeliveryOutcome.NotDelivered : DeliveryOutcome.Unknown);
        }

        _waiters ??= [];
        if (!_waiters.TryGetValue(id.Sequence, out TaskCompletionSource<DeliveryOutcome>? waiter))
        {
            waiter = new TaskCompletionSource<DeliveryOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add(id.Sequence, waiter);
        }

        return waiter.Task;
    }

    private ResetReason? JudgeResume(string lastEventId, out long sequence)
    {
        sequence = _order.Head;
        if (!EventId.TryParse(lastEventId, out EventId id))
        {
            return ResetReason.Invalid;
        }

        if (!id.SameEpoch(_epoch))
        {
            return ResetReason.EpochChanged;
        }

        sequence = id.Sequence;
        return sequence > _order.Head ? ResetReason.Invalid : sequence < _order.Tail - 1 ? ResetReason.TooOld : null;
    }

    private void PlaceAtStartLocked(LogCursor cursor, ReplayStart start, IReadOnlyCollection<OpenRun> openRuns)
    {
        cursor.Next = _order.Head + 1;
        if (start == ReplayStart.Live)
        {
            return;
        }

        cursor.ReplayOnlyUndelivered = true;
        if (start == ReplayStart.Open)
        {
            HashSet<RunId>? runs = null;
            foreach (OpenRun run in openRuns)
            {
                if (cursor.Filter.Matches(run.Thread, run.Id))
                {
                    (runs ??= []).Add(run.Id);
                    cursor.Next = Math.Min(cursor.Next, Math.Max(run.FirstSequence, _order.Tail));
                }
            }

            cursor.ReplayRuns = runs;
        }

        for (long sequence = _order.Tail; sequence < cursor.Next; sequence++)
        {
            ref SequenceRef candidate = ref _order[sequence];
            if (candidate.Entry is { } entry && !candidate.IsDelivered && cursor.Filter.Matches(entry.Thread, entry.Run))
            {
                cursor.Next = sequence;
            }
        }
    }

    private void CountPendingLocked(LogCursor cursor)
    {
        cursor.PendingBytes = cursor.InFlightBytes;
        for (long sequence = Math.Max(cursor.Next, _order.Tail); sequence <= _order.Head; sequence++)
        {
            ref SequenceRef waiting = ref _order[sequence];
            if (waiting.Entry is { } entry && cursor.Filter.Matches(entry.Thread, entry.Run))
            {
                cursor.PendingBytes += CostOf(in waiting, entry);
            }
        }
    }

    private void RemoveCursorLocked(LogCursor cursor) => _cursors = Array.FindAll(_cursors, other => other != cursor);

    // A sequence that leaves the window or is superseded while somebody is flushing it: only the flush knows whether it was delivered.
    private void SettleLeavingLocked(long sequence, LogEntry entry, bool isDelivered, bool isLoss)
    {
        List<LogCursor>? readers = null;
        foreach (LogCursor cursor in _cursors)
        {
            if (!isDelivered && sequence >= cursor.InFlightFrom && sequence < cursor.InFlightTo
                && cursor.InFlightFilter.Matches(entry.Thread, entry.Run))
            {
                (readers ??= []).Add(cursor);
            }
        }

        if (readers is null)
        {
            SettleWaitersLocked(sequence, isDelivered);
            if (isLoss && !isDelivered)
            {
                _pool.Counters.NoteUndelivered();
            }
        }
        else
        {
            _leftInFlight.Add(new LeftInFlight(sequence, readers, isLoss));
        }
    }

    private void SettleInFlightLocked(LogCursor cursor, bool flushed)
    {
        for (int i = _leftInFlight.Count - 1; i >= 0; i--)
        {
            LeftInFlight read = _leftInFlight[i];
            if (!read.Readers.Remove(cursor) || (!flushed && read.Readers.Count > 0))
            {
                continue;
            }

            if (!flushed && read.IsLoss)
            {
                _pool.Counters.NoteUndelivered();
            }

            if (flushed && read.Sequence >= _order.Tail)
            {
                _order[read.Sequence].MarkDelivered();
            }

            _leftInFlight.RemoveAt(i);
            if (_waiters?.Remove(read.Sequence, out TaskCompletionSource<DeliveryOutcome>? waiter) == true)
            {
                waiter.SetResult(flushed ? DeliveryOutcome.Delivered : DeliveryOutcome.NotDelivered);
            }
        }
    }

    // The waiter's continuations run elsewhere, so nothing of the application runs under the gate.
    private void SettleWaitersLocked(long sequence, bool isDelivered)
    {
        if (_waiters is { Count: > 0 } && _waiters.Remove(sequence, out TaskCompletionSource<DeliveryOutcome>? waiter))
        {
            waiter.SetResult(isDelivered ? DeliveryOutcome.Delivered : DeliveryOutcome.NotDelivered);
        }
    }

    private sealed record LeftInFlight(long Sequence, List<LogCursor> Readers, bool IsLoss);
}
