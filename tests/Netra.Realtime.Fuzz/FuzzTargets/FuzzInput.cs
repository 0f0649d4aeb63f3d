using System.Buffers;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>An input: what the target is set to (a byte), how the rest is cut (four bytes), and the rest, which is what a peer sends.</summary>
/// <remarks>So a fuzzer searches the cuts as it searches the bytes. An input of text has a line end as its last cut, and is read like any file.</remarks>
internal sealed class FuzzInput
{
    private const int CutBytes = 4;

    private readonly byte[] _cuts = new byte[CutBytes];

    public FuzzInput(ReadOnlySpan<byte> bytes)
    {
        Settings = bytes.IsEmpty ? 0 : bytes[0];
        bytes = bytes[Math.Min(1, bytes.Length)..];
        int cuts = Math.Min(CutBytes, bytes.Length);
        bytes[..cuts].CopyTo(_cuts);
        Body = bytes[cuts..].ToArray();
    }

    public int Settings { get; }

    public byte[] Body { get; }

    /// <summary>The same with what a file cannot know in place of what stands for it.</summary>
    public FuzzInput With(ReadOnlySpan<byte> placeholder, ReadOnlySpan<byte> value)
    {
        int at = Body.AsSpan().IndexOf(placeholder);
        return at < 0 ? this : new FuzzInput([(byte)Settings, .. _cuts, .. Body.AsSpan(0, at), .. value, .. Body.AsSpan(at + placeholder.Length)]);
    }

    /// <summary>The body in copies, each one to 256 bytes long as the cuts say in turn.</summary>
    public IEnumerable<byte[]> Pieces()
    {
        for (int at = 0, i = 0, length; at < Body.Length; at += length, i++)
        {
            length = Math.Min(Body.Length - at, 1 + _cuts[i % CutBytes]);
            yield return Body[at..(at + length)];
        }
    }

    /// <summary>The body in copies of one byte.</summary>
    public IEnumerable<byte[]> Bytes() => Body.Select(static value => new[] { value });

    /// <summary>One sequence of several segments.</summary>
    public static ReadOnlySequence<byte> Join(IEnumerable<byte[]> pieces)
    {
        Segment first = new([], null);
        Segment last = pieces.Aggregate(first, static (previous, piece) => new Segment(piece, previous));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? previous)
        {
            Memory = bytes;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
