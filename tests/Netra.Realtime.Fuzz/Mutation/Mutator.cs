using System.Buffers.Binary;

namespace Netra.Realtime.Fuzz.Mutation;

/// <summary>Makes inputs out of a corpus: the same ones in the same order for the same seed, corpus and dictionary.</summary>
/// <param name="seed">The seed; what <see cref="Random"/> makes of one has not changed since .NET was there.</param>
/// <param name="corpus">What to begin with, at least one.</param>
/// <param name="dictionary">What means something to the target.</param>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]> dictionary)
{
    /// <summary>The longest input: a head may have 16 KiB.</summary>
    public const int MaxBytes = 20_000;

    private const int MostChanges = 8;
    private const int LongestRange = 64;
    private const int MostRepeats = 300;

    // Where headers and the first fields are.
    private const int FrontBytes = 24;

    private static readonly long[] Numbers =
        [0, 1, -1, 16, 17, 125, 126, 127, 128, 255, 256, 1000, 1005, 1024, 1025, 4999, 5000, 65_535, 65_536, 70_000, 70_001, int.MaxValue, long.MaxValue, long.MinValue];

    private readonly Random _random = new(seed);

    public byte[] Next()
    {
        List<byte> bytes = [.. Pick(corpus)];
        if (_random.Next(4) == 0)
        {
            Splice(bytes, Pick(corpus));
        }

        for (int changes = _random.Next(MostChanges + 1); changes > 0; changes--)
        {
            Change(bytes);
        }

        return [.. bytes.Take(MaxBytes)];
    }

    private T Pick<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];

    private int Position(int count) => _random.Next(_random.Next(2) == 0 ? count : Math.Min(count, FrontBytes));

    private (int Start, int Length) Range(List<byte> bytes)
    {
        int start = Position(bytes.Count);
        return (start, _random.Next(1, Math.Min(LongestRange, bytes.Count - start) + 1));
    }

    // The beginning of the one and the end of the other.
    private void Splice(List<byte> bytes, byte[] other)
    {
        int kept = _random.Next(bytes.Count + 1);
        bytes.RemoveRange(kept, bytes.Count - kept);
        bytes.AddRange(other.AsSpan(_random.Next(other.Length + 1)));
    }

    private void Change(List<byte> bytes)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)_random.Next(256));
            return;
        }

        switch (_random.Next(9))
        {
            case 0:
                bytes[Position(bytes.Count)] ^= (byte)(1 << _random.Next(8));
                break;
            case 1:
                bytes[Position(bytes.Count)] = (byte)_random.Next(256);
                break;
            case 2:
                Overwrite(bytes, Position(bytes.Count), Number());
                break;
            case 3:
                bytes.InsertRange(Position(bytes.Count), Number());
                break;
            case 4 when dictionary.Count > 0:
                bytes.InsertRange(Position(bytes.Count), Pick(dictionary));
                break;
            case 5 when dictionary.Count > 0:
                Overwrite(bytes, Position(bytes.Count), Pick(dictionary));
                break;
            case 6:
                (int start, int length) = Range(bytes);
                bytes.RemoveRange(start, length);
                break;
            case 7:
                bytes.InsertRange(Position(bytes.Count), Pick(corpus));
                break;
            default:
                Repeat(bytes);
                break;
        }
    }

    // Mostly once; sometimes so often that a limit on a number of things is reached.
    private void Repeat(List<byte> bytes)
    {
        (int start, int length) = Range(bytes);
        List<byte> range = bytes.GetRange(start, length);
        for (int times = _random.Next(8) == 0 ? _random.Next(1, MostRepeats) : 1; times > 0 && bytes.Count < MaxBytes; times--)
        {
            bytes.InsertRange(start, range);
        }
    }

    private byte[] Number()
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Pick(Numbers));
        return bytes[^(1 << _random.Next(4))..];
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] value)
    {
        for (int i = 0; i < value.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = value[i];
        }
    }
}
