using System.Buffers.Binary;
using System.Diagnostics;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>One event of a log, or the segment of one part's text: a recycled object with a recycled block.</summary>
/// <remarks>
/// The block begins with the stamp of its owner. An event: room for the id, then its encoded rest. A segment: escaped text; its
/// envelope is put around it by the reader, from bytes that all events of the run share. Owned by one log at a time, under its gate.
/// </remarks>
internal sealed class LogEntry(byte[] block)
{
    public const int StampBytes = sizeof(ulong);

    /// <summary>What stands in front of an event's encoded rest.</summary>
    public const int HeadBytes = StampBytes + EventEnvelopeWriter.IdRoomBytes;

    private LatestKey? _key;

    public byte[] Block { get; set; } = block;

    /// <summary>Where what a reader copies begins: the stamp, right before the id. 0 in a segment.</summary>
    public int Start { get; private set; }

    /// <summary>Where the bytes end.</summary>
    public int Length { get; set; }

    public ThreadId? Thread { get; set; }

    public RunId? Run { get; set; }

    public DeliveryClass Class { get; set; }

    /// <summary>With <see cref="DeliveryClass.Latest"/>: what makes two events the same thing, besides thread and run.</summary>
    /// <remarks>Of all others it is not even looked at: an entry comes out of memory that nothing has touched for a while, line by line.</remarks>
    public LatestKey? Key
    {
        get => Class == DeliveryClass.Latest ? _key : null;
        set => _key = value;
    }

    /// <summary>The last sequence of this entry so far; of an event its only one.</summary>
    public long LastSequence { get; set; }

    /// <summary>What the entry counts against the bounds of its log.</summary>
    public int CostBytes { get; set; }

    /// <summary>The run whose text this segment holds; null in an event.</summary>
    public OpenRun? SegmentOf { get; set; }

    public bool IsThinking { get; set; }

    public int Part { get; set; }

    public DateTimeOffset UtcBase { get; set; }

    public uint TimeBase { get; set; }

    public bool IsSegment => SegmentOf is not null;

    public ReadOnlySpan<byte> Text => Block.AsSpan(StampBytes, Length - StampBytes);

    /// <summary>Puts the encoded rest of an event where it belongs, before it has a number.</summary>
    public void SetBody(ReadOnlySpan<byte> body)
    {
        body.CopyTo(Block.AsSpan(HeadBytes));
        Length = HeadBytes + body.Length;
    }

    /// <summary>Writes id and stamp in front of the body, so that a reader copies one piece.</summary>
    public void Number(EventId id, ulong stamp)
    {
        int start = EventEnvelopeWriter.WriteIdRightAligned(Block.AsSpan(StampBytes, EventEnvelopeWriter.IdRoomBytes), id);
        Start = start; // relative to the id's room, which begins after the stamp: so this is where the stamp has to begin
        WriteStamp(stamp);
    }

    public void WriteStamp(ulong stamp) => BinaryPrimitives.WriteUInt64LittleEndian(Block.AsSpan(Start), stamp);

    public ulong ReadStamp() => BinaryPrimitives.ReadUInt64LittleEndian(Block.AsSpan(Start));

    public void Reset()
    {
        Debug.Assert(Block.Length > 0, "an entry keeps its block");
        BinaryPrimitives.WriteUInt64LittleEndian(Block.AsSpan(Start), 0); // nobody's: a reader that still came here would refuse it
        Start = 0;
        Length = 0;
        Thread = null;
        Run = null;
        if (Class == DeliveryClass.Latest)
        {
            _key = null;
        }

        Class = DeliveryClass.MustDeliver;
        LastSequence = 0;
        CostBytes = 0;
        SegmentOf = null;
        Part = 0;
    }
}
