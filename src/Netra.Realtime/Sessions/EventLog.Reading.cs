using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Sessions;

/// <content>Copying events out to a reader, and what follows from it.</content>
internal sealed partial class EventLog
{
    /// <summary>The most that one read copies, unless a single event is larger.</summary>
    public const int MaxReadBytes = 16 * 1024;

    /// <summary>How many sequences one read steps over at most, so that a filter never holds the gate for long.</summary>
    public const int MaxSteps = 1_000;

    /// <summary>After so many skipped events a reader is told its position.</summary>
    public const int SkippedBeforeCursor = 256;

    private static readonly byte[] ThinkingType = EventEnvelopeWriter.EncodeType(EventTypes.AgentThinking);
    private static readonly byte[] RespondingType = EventEnvelopeWriter.EncodeType(EventTypes.AgentResponding);

    /// <summary>Copies what comes next for this cursor behind what the batch already holds.</summary>
    /// <returns>What the read met.</returns>
    public ReadOutcome ReadLocked(LogCursor cursor, MessageBatch batch)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "caller holds the gate");
        Debug.Assert(!cursor.IsReading, "one read at a time");
        if (cursor.ResetPending)
        {
            cursor.ResetPending = false;
            cursor.LastSent = Math.Max(cursor.LastSent, cursor.Next - 1);
            cursor.Skipped = 0;
            batch.Add(ControlMessageWriter.Write(ResetLocked(cursor.Next)));
        }

        long from = cursor.Next;
        long pending = cursor.PendingBytes;
        int steps = 0;
        bool foreignStamp = false;
        while (cursor.Next <= _order.Head && steps < MaxSteps)
        {
            long sequence = cursor.Next;
            if (!IsVisible(cursor, sequence))
            {
                SkipLocked(cursor, sequence);
                steps++;
                continue;
            }

            ref SequenceRef next = ref _order[sequence];
            LogEntry entry = next.Entry!; // visible means there is an entry
            int room = entry.IsSegment ? SegmentEnvelopeBytes(entry) + next.TextEnd - next.TextStart : entry.Length;
            if (batch.Count > 0 && batch.TotalBytes + room > MaxReadBytes)
            {
                break;
            }

            foreignStamp = !(entry.IsSegment ? TryCopySlicesLocked(cursor, entry, batch, ref steps) : TryCopyEventLocked(cursor, entry, batch));
            if (foreignStamp)
            {
                break;
            }

            NoteSentLocked(cursor, sequence);
        }

        cursor.InFlightFrom = from;
        cursor.InFlightTo = cursor.Next;
        cursor.InFlightFilter = cursor.Filter;
        if (foreignStamp)
        {
            return ReadOutcome.ForeignStamp;
        }

        TellPositionLocked(cursor, batch);
        return cursor.Next <= _order.Head ? ReadOutcome.More : ReadOutcome.AtHead;
    }

    /// <summary>The read is over: flushed, or failed, and then nothing has moved that a reconnect could not repeat.</summary>
    public void EndReadLocked(LogCursor cursor, bool flushed)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "caller holds the gate");
        if (flushed)
        {
            for (long sequence = Math.Max(cursor.InFlightFrom, _order.Tail); sequence < cursor.InFlightTo; sequence++)
            {
                ref SequenceRef read = ref _order[sequence];
                if (read.Entry is { } entry && !read.IsDelivered && cursor.InFlightFilter.Matches(entry.Thread, entry.Run))
                {
                    read.MarkDelivered();
                    SettleWaitersLocked(sequence, isDelivered: true);
                }
            }
        }

        SettleInFlightLocked(cursor, flushed);
        HandOverLostLocked();
        cursor.PendingBytes -= cursor.InFlightBytes;
        cursor.InFlightBytes = 0;
        cursor.InFlightFrom = cursor.InFlightTo = 0;
        if (!cursor.IsAttached)
        {
            RemoveCursorLocked(cursor);
        }
    }

    // What stands between the id and the end of a segment's event: generous by a few bytes, never short.
    private static int SegmentEnvelopeBytes(LogEntry segment) =>
        LogEntry.StampBytes + EventEnvelopeWriter.IdRoomBytes + EventEnvelopeWriter.FirstRoomBytes + 32 + EventEnvelopeWriter.TimestampBytes
        + segment.SegmentOf!.Identity.Length + 48; // a segment has its run

    // What is undelivered or of a run that was open at the attach: only that belongs to a replay without last_event_id.
    private static bool IsFilteredFromReplay(LogCursor cursor, long sequence, RunId? run, bool delivered) =>
        sequence <= cursor.ReplayEnd && cursor.ReplayOnlyUndelivered && delivered
        && !(run is not null && cursor.ReplayRuns is not null && cursor.ReplayRuns.Contains(run.Value));

    private bool IsVisible(LogCursor cursor, long sequence)
    {
        ref SequenceRef candidate = ref _order[sequence];
        return candidate.Entry is { } entry
            && (!entry.Class.IsOnlyForTheHead() || sequence == _order.Head)
            && cursor.Filter.Matches(entry.Thread, entry.Run)
            && !IsFilteredFromReplay(cursor, sequence, entry.Run, candidate.IsDelivered);
    }

    private void SkipLocked(LogCursor cursor, long sequence)
    {
        ref SequenceRef skipped = ref _order[sequence];
        if (skipped.Entry is { } entry && cursor.Filter.Matches(entry.Thread, entry.Run))
        {
            cursor.PendingBytes -= CostOf(in skipped, entry);
        }

        cursor.Skipped++;
        cursor.Next++;
    }

    private static int CostOf(in SequenceRef sequence, LogEntry entry) =>
        (entry.IsSegment ? sequence.TextEnd - sequence.TextStart : entry.CostBytes) + SequenceCostBytes;

    // The stamp travels with the bytes, in the room of the frame header: what is compared is what would be sent.
    private static bool TryCopyEventLocked(LogCursor cursor, LogEntry entry, MessageBatch batch)
    {
        Span<byte> room = batch.Reserve(entry.Length)[(MessageBatch.HeaderRoomBytes - LogEntry.StampBytes)..];
        entry.Block.AsSpan(entry.Start, entry.Length - entry.Start).CopyTo(room);
        if (BinaryPrimitives.ReadUInt64LittleEndian(room) != cursor.OwnerStamp)
        {
            return false;
        }

        batch.Commit(entry.Length - entry.Start - LogEntry.StampBytes);
        cursor.InFlightBytes += entry.CostBytes + SequenceCostBytes;
        cursor.LastSent = cursor.Next++;
        return true;
    }

    // Joins slices while the next sequence that this cursor sees is the next slice of the same segment, so that ids rise and
    // ranges never overlap.
    private bool TryCopySlicesLocked(LogCursor cursor, LogEntry segment, MessageBatch batch, ref int steps)
    {
        long first = cursor.Next;
        long last = first;
        int textStart = _order[first].TextStart;
        int textEnd = _order[first].TextEnd;
        int cost = SequenceCostBytes;
        int budget = MaxReadBytes - batch.TotalBytes - SegmentEnvelopeBytes(segment);
        for (long sequence = first + 1; sequence <= segment.LastSequence && steps < MaxSteps; sequence++)
        {
            if (!IsVisible(cursor, sequence))
            {
                steps++;
                continue;
            }

            ref SequenceRef slice = ref _order[sequence];
            if (slice.Entry != segment || slice.TextStart != textEnd || slice.TextEnd - textStart > budget)
            {
                break;
            }

            textEnd = slice.TextEnd;
            last = sequence;
            cost += SequenceCostBytes;
        }

        if (!TryWriteSegment(batch, cursor.OwnerStamp, segment, first, last, textStart, textEnd))
        {
            return false;
        }

        for (long sequence = first; sequence <= last; sequence++)
        {
            if (!IsVisible(cursor, sequence))
            {
                SkipLocked(cursor, sequence);
            }
        }

        cursor.InFlightBytes += cost + textEnd - textStart;
        cursor.LastSent = last;
        cursor.Next = last + 1;
        return true;
    }

    private bool TryWriteSegment(MessageBatch batch, ulong ownerStamp, LogEntry segment, long first, long last, int textStart, int textEnd)
    {
        Span<byte> room = batch.Reserve(SegmentEnvelopeBytes(segment) + textEnd - textStart)[MessageBatch.HeaderRoomBytes..];
        int at = "{\"id\":\""u8.Length;
        "{\"id\":\""u8.CopyTo(room);
        at += _epoch.At(last).Format(room[at..]);
        room[at++] = (byte)'"';
        if (first != last)
        {
            at += EventEnvelopeWriter.WriteFirst(room[at..], _epoch.At(first));
        }

        at += Put(room[at..], segment.IsThinking ? ThinkingType : RespondingType);
        uint sinceBase = unchecked(_order[last].Time - segment.TimeBase);
        at += EventEnvelopeWriter.WriteTimestamp(room[at..], segment.UtcBase.AddMilliseconds(sinceBase));
        at += Put(room[at..], segment.SegmentOf!.Identity); // a segment has its run
        at += Put(room[at..], ",\"payload\":{\"delta\":\""u8);
        at += Put(room[at..], segment.Text[textStart..textEnd]);
        at += Put(room[at..], "\",\"part\":"u8);
        Utf8Formatter.TryFormat(segment.Part, room[at..], out int digits);
        at += digits;
        at += Put(room[at..], "}}"u8);
        if (segment.ReadStamp() != ownerStamp)
        {
            return false;
        }

        batch.Commit(at);
        return true;
    }

    // What is lost may have been the end of a run: nobody is told of it by an event any more. Looks at the whole window, as rarely as a window is lost.
    private ResetMessage ResetLocked(long next)
    {
        HashSet<RunId> alive = [.. _openRuns.Select(run => run.Id)];
        for (long sequence = next; sequence <= _order.Head; sequence++)
        {
            if (_order[sequence].Entry?.Run is { } run)
            {
                alive.Add(run);
            }
        }

        return new ResetMessage { Reason = ResetReason.TooOld, LastEventId = _epoch.At(next - 1), Runs = [.. alive] };
    }

    private static int Put(Span<byte> destination, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(destination);
        return bytes.Length;
    }

    private void TellPositionLocked(LogCursor cursor, MessageBatch batch)
    {
        bool replayEnds = !cursor.ReplayEndTold && cursor.Next > cursor.ReplayEnd;
        bool skippedMany = cursor.Skipped >= SkippedBeforeCursor || (cursor.CursorRequested && cursor.Skipped > 0);
        if (!replayEnds && !skippedMany)
        {
            return;
        }

        cursor.ReplayEndTold |= replayEnds;
        cursor.CursorRequested = false;
        cursor.Skipped = 0;
        cursor.LastSent = cursor.Next - 1;
        ReadOnlySpan<byte> head = "{\"type\":\"cursor\",\"id\":\""u8;
        Span<byte> room = batch.Reserve(head.Length + EventId.MaxBytes + 2)[MessageBatch.HeaderRoomBytes..];
        int at = Put(room, head);
        at += _epoch.At(cursor.Next - 1).Format(room[at..]);
        at += Put(room[at..], "\"}"u8);
        batch.Commit(at);
    }
}
