using System.Diagnostics;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <content>What becomes of events: delivered, acknowledged, or lost. Nothing is kept for events that nobody waits for.</content>
internal sealed partial class EventLog
{
    private readonly List<LeftInFlight> _leftInFlight = [];

    // Both made with the first that waits.
    private Dictionary<long, TaskCompletionSource<DeliveryOutcome>>? _waiters;
    private Dictionary<long, AcknowledgementWait>? _acknowledgements;

    // Made with the first loss that the application wants to know of.
    private List<UndeliveredEvent>? _lost;

    /// <summary>Of how many events somebody waits for the acknowledgement.</summary>
    public int AcknowledgementsWaitedForLocked => _acknowledgements?.Count ?? 0;

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

    /// <summary>Begins to wait until a client says that it has handled the event.</summary>
    /// <returns>The outcome where it is known at once; else what to wait for, to be given to <see cref="EndWaitLocked"/>.</returns>
    public (AcknowledgementOutcome? Known, AcknowledgementWait? Wait) BeginWaitLocked(EventId id)
    {
        if (!id.SameEpoch(_epoch) || id.Sequence < _order.Tail || id.Sequence > _order.Head)
        {
            return (AcknowledgementOutcome.Unknown, null);
        }

        if (_order[id.Sequence].Entry is not { } entry)
        {
            return (AcknowledgementOutcome.NotDelivered, null); // superseded, or passed by
        }

        AcknowledgementWait wait = _acknowledgements?.GetValueOrDefault(id.Sequence)
            ?? new AcknowledgementWait(id.Sequence, entry.Thread, entry.Run);
        bool hasReaders = false;
        bool mayBeAcknowledged = false;
        foreach (LogCursor cursor in _cursors)
        {
            if (!cursor.IsAttached || !cursor.Filter.Matches(entry.Thread, entry.Run))
            {
                continue;
            }

            hasReaders = true;
            mayBeAcknowledged |= cursor.MayAcknowledge;
            if (WasSent(cursor, id.Sequence))
            {
                wait.NoteSent(cursor);
                if (cursor.Acknowledged >= id.Sequence)
                {
                    return (AcknowledgementOutcome.Acknowledged, null);
                }
            }
        }

        if (hasReaders && !mayBeAcknowledged)
        {
            return (AcknowledgementOutcome.NoAcknowledgingClient, null);
        }

        wait.Waiting++;
        (_acknowledgements ??= [])[id.Sequence] = wait;
        return (null, wait);
    }

    /// <summary>One of those who waited does so no more.</summary>
    public void EndWaitLocked(AcknowledgementWait wait)
    {
        if (--wait.Waiting == 0)
        {
            _acknowledgements?.Remove(wait.Sequence);
        }
    }

    /// <summary>Everything up to the id is handled. It never moves the log: only bounds trim.</summary>
    /// <returns>False for an id that this cursor was never sent.</returns>
    public bool TryAcknowledgeLocked(LogCursor cursor, EventId id)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "caller holds the gate");
        if (!id.SameEpoch(_epoch) || id.Sequence > cursor.LastSent)
        {
            return false;
        }

        cursor.Acknowledged = Math.Max(cursor.Acknowledged, id.Sequence);
        if (_acknowledgements is { Count: > 0 } waits)
        {
            foreach (AcknowledgementWait wait in waits.Values)
            {
                if (wait.Sequence <= id.Sequence && wait.WasSentTo(cursor))
                {
                    wait.Settle(AcknowledgementOutcome.Acknowledged); // whoever waits takes it out
                }
            }
        }

        return true;
    }

    /// <summary>Everybody has left and nobody comes: nothing will be flushed or acknowledged any more.</summary>
    public void GiveUpWaitsLocked()
    {
        GiveUpAcknowledgementsLocked();
        foreach (long sequence in _waiters?.Keys.ToArray() ?? [])
        {
            SettleWaitersLocked(sequence, isDelivered: false);
        }
    }

    /// <summary>The session is evicted: no client will say anything of it any more.</summary>
    public void GiveUpAcknowledgementsLocked()
    {
        foreach (AcknowledgementWait wait in _acknowledgements?.Values ?? Enumerable.Empty<AcknowledgementWait>())
        {
            wait.Settle(AcknowledgementOutcome.NotAcknowledged);
        }
    }

    // Of a replay it is no longer known what was passed over in it.
    private static bool WasSent(LogCursor cursor, long sequence) =>
        sequence >= cursor.SentFrom && sequence <= cursor.LastSent && !(cursor.ReplayOnlyUndelivered && sequence <= cursor.ReplayEnd);

    // From a sequence to where the cursor is now: what was just copied out.
    private void NoteSentLocked(LogCursor cursor, long from)
    {
        if (_acknowledgements is not { Count: > 0 } waits)
        {
            return;
        }

        for (long sequence = from; sequence < cursor.Next; sequence++)
        {
            if (waits.TryGetValue(sequence, out AcknowledgementWait? wait) && cursor.Filter.Matches(wait.Thread, wait.Run))
            {
                wait.NoteSent(cursor);
            }
        }
    }

    // A sequence that leaves the window or is superseded while somebody is flushing it: only the flush knows whether it was delivered.
    private void SettleLeavingLocked(long sequence, LogEntry entry, bool isDelivered, UndeliveredReason? loss)
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

        if (readers is not null)
        {
            _leftInFlight.Add(new LeftInFlight(sequence, readers, loss is not null, entry.IsSegment, CopyIfHandedOver(entry, loss)));
        }
        else if (isDelivered)
        {
            SettleWaitersLocked(sequence, isDelivered: true);
        }
        else
        {
            SettleLostLocked(sequence, loss is not null, entry.IsSegment, CopyIfHandedOver(entry, loss));
        }
    }

    private void SettleInFlightLocked(LogCursor cursor, bool flushed)
    {
        // Forward: what is lost is handed over in the order in which it was emitted.
        for (int i = 0; i < _leftInFlight.Count;)
        {
            LeftInFlight read = _leftInFlight[i];
            if (!read.Readers.Remove(cursor) || (!flushed && read.Readers.Count > 0))
            {
                i++;
                continue;
            }

            _leftInFlight.RemoveAt(i);
            if (!flushed)
            {
                SettleLostLocked(read.Sequence, read.IsLoss, read.IsText, read.Copy);
                continue;
            }

            if (read.Sequence >= _order.Tail)
            {
                _order[read.Sequence].MarkDelivered();
            }

            SettleWaitersLocked(read.Sequence, isDelivered: true);
        }
    }

    private void SettleLostLocked(long sequence, bool isLoss, bool isText, UndeliveredEvent? copy)
    {
        SettleWaitersLocked(sequence, isDelivered: false);
        if (_acknowledgements?.GetValueOrDefault(sequence) is { } wait)
        {
            wait.Settle(AcknowledgementOutcome.NotDelivered);
        }

        if (isLoss)
        {
            _pool.Counters.NoteUndelivered(isText);
        }

        if (copy is not null)
        {
            (_lost ??= []).Add(copy);
        }
    }

    // At the end of whatever may have lost something, so that what leaves together comes together.
    private void HandOverLostLocked()
    {
        if (_lost is { Count: > 0 } lost)
        {
            _undelivered!.Add(lost); // without it nothing is copied
            lost.Clear();
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

    private UndeliveredEvent? CopyIfHandedOver(LogEntry entry, UndeliveredReason? loss)
    {
        return _undelivered is null || loss is null || !entry.IsHandedOver()
            ? null
            : new UndeliveredEvent(_user, entry.Thread, entry.Run, loss.Value, entry.Block[entry.Start..entry.Length]);
    }

    private sealed record LeftInFlight(long Sequence, List<LogCursor> Readers, bool IsLoss, bool IsText, UndeliveredEvent? Copy);
}
