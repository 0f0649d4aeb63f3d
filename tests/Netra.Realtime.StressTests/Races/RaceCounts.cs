using System.Globalization;

namespace Netra.Realtime.StressTests.Races;

/// <summary>What races did, summed up.</summary>
internal sealed class RaceCounts
{
    public long Races;
    public long Emitted;
    public long Attaches;
    public long Read;
    public long Checks;
    public long Trimmed;
    public long Undelivered;
    public long Resets;
    public long Overruns;
    public long Evictions;

    public static void Add(ref long count, long more = 1) => Interlocked.Add(ref count, more);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"races {Races}, events {Emitted}, attaches {Attaches}, read {Read}, checks in between {Checks}, trimmed {Trimmed}, reported undelivered {Undelivered}, resets {Resets}, overruns {Overruns}, evictions {Evictions}");
}
