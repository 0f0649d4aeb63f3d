using System.Diagnostics;

namespace Netra.Realtime.Sessions;

/// <summary>What a log keeps of each sequence: 16 bytes. The ring of these is the only global order, and the table of every segment.</summary>
/// <remarks>
/// Offsets are within the text of a segment, at most 16 KiB, so 15 bits hold them and the spare bit of one says <i>delivered</i>.
/// Entry null: a tombstone, superseded or passed by.
/// </remarks>
internal struct SequenceRef
{
    private const ushort DeliveredBit = 0x8000;

    private ushort _startAndDelivered;

    public LogEntry? Entry;
    public ushort TextEnd;

    /// <summary>Milliseconds of the log's own monotonic clock; wraps after 49 days, so only differences are meaningful.</summary>
    public uint Time;

    public int TextStart
    {
        readonly get => _startAndDelivered & ~DeliveredBit;
        set
        {
            Debug.Assert(value is >= 0 and < DeliveredBit, "a segment has at most 16 KiB of text");
            _startAndDelivered = (ushort)((_startAndDelivered & DeliveredBit) | value);
        }
    }

    public readonly bool IsDelivered => (_startAndDelivered & DeliveredBit) != 0;

    public void MarkDelivered() => _startAndDelivered |= DeliveredBit;
}
