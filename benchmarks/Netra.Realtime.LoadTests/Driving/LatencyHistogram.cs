using System.Numerics;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>Durations in buckets that are at most a sixteenth wide.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBits = 4;
    private const int SubCount = 1 << SubBits;
    private readonly long[] _counts = new long[64 * SubCount];
    private long _total;

    public void Add(long nanoseconds)
    {
        _counts[BucketOf(Math.Max(0, nanoseconds))]++;
        _total++;
    }

    /// <returns>The upper end of the bucket that holds the quantile, in nanoseconds; 0 without durations.</returns>
    public long Quantile(double quantile)
    {
        long rank = (long)Math.Ceiling(quantile * _total), seen = 0;
        for (int bucket = 0; bucket < _counts.Length && _total > 0; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= Math.Max(1, rank))
            {
                return UpperEnd(bucket);
            }
        }

        return 0;
    }

    private static int BucketOf(long value)
    {
        if (value < SubCount)
        {
            return (int)value;
        }

        int shift = BitOperations.Log2((ulong)value) - SubBits;
        return ((shift + 1) << SubBits) + (int)((value >> shift) - SubCount);
    }

    private static long UpperEnd(int bucket)
    {
        if (bucket < SubCount)
        {
            return bucket;
        }

        int shift = (bucket >> SubBits) - 1;
        return ((long)((bucket & (SubCount - 1)) + SubCount + 1) << shift) - 1;
    }
}
