using System.Diagnostics;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <content>Cursors that come and go.</content>
internal sealed partial class EventLog
{
    // Replaced, never changed: whoever wakes cursors outside the gate walks the array it took inside.
    private LogCursor[] _cursors = [];

    public LogCursor[] CursorsLocked => _cursors;

    /// <summary>Puts a cursor where its client left off, or where <paramref name="start"/> says.</summary>
    /// <returns>Whether it resumed, and if it was asked to and could not, why.</returns>
    public (bool Resumed, ResetReason? Reset) AttachLocked(
        LogCursor cursor, string? lastEventId, ReplayStart start)
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
            PlaceAtStartLocked(cursor, start);
        }

        cursor.ResumedAfter = resumed ? cursor.Next - 1 : 0;
        cursor.LastSent = cursor.Next - 1;
        cursor.SentFrom = cursor.Next;
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
        cursor.SentFrom = cursor.Next; // of what came before nobody can say any more whether it was sent
        CountPendingLocked(cursor);
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

    private void PlaceAtStartLocked(LogCursor cursor, ReplayStart start)
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
            foreach (OpenRun run in _openRuns)
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
}
