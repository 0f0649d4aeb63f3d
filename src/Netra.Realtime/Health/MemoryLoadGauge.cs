namespace Netra.Realtime.Health;

/// <summary>Reads the memory in use, as the garbage collector saw it, as a share of what it may use.</summary>
/// <param name="recoverBelow">Below this share an old figure is good enough.</param>
/// <param name="look">What the last collection saw: its number and the share.</param>
/// <param name="collect">Makes it look again.</param>
/// <remarks>
/// The figure is of the last collection, and a host that refuses everybody may not need another for long: it would never see that the
/// memory is back. So a high one that has not changed since the last reading is renewed, by a collection of the youngest generation
/// (measured: 20 us where little lives in it). Not safe for concurrent use: it is the monitor's.
/// </remarks>
internal sealed class MemoryLoadGauge(double recoverBelow, Func<(long Collection, double Share)> look, Action collect)
{
    private long _lastCollection = -1;

    public MemoryLoadGauge(double recoverBelow)
        : this(recoverBelow, Look, static () => GC.Collect(0, GCCollectionMode.Forced, blocking: true))
    {
    }

    public double Read()
    {
        (long Collection, double Share) seen = look();
        if (seen.Share >= recoverBelow && seen.Collection == _lastCollection)
        {
            collect();
            seen = look();
        }

        _lastCollection = seen.Collection;
        return seen.Share;
    }

    private static (long Collection, double Share) Look()
    {
        GCMemoryInfo memory = GC.GetGCMemoryInfo(GCKind.Any);
        return (memory.Index, (double)memory.MemoryLoadBytes / Math.Max(memory.TotalAvailableMemoryBytes, 1));
    }
}
