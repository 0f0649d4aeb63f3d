using System.Globalization;

namespace Netra.Realtime.StressTests.Places;

/// <summary>What races for places did, summed up.</summary>
internal sealed class PlaceCounts
{
    public long Races;
    public long Admitted;
    public long Refused;
    public long Evicted;
    public long Left;
    public long Looks;
    public int MostOfUser;
    public int MostInAll;

    public static void Add(ref long count, long more = 1) => Interlocked.Add(ref count, more);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"races {Races}, admitted {Admitted}, refused {Refused}, evicted {Evicted}, left {Left}, at most {MostOfUser} of a user and {MostInAll} in all, looks at everybody {Looks}");
}
