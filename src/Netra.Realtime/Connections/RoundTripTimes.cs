namespace Netra.Realtime.Connections;

/// <summary>How long the answers to the pings of one connection took. The reader alone adds; any thread reads, each figure by itself.</summary>
internal sealed class RoundTripTimes
{
    // As TCP smooths its own (RFC 6298 section 2.3).
    private const double Weight = 1.0 / 8;

    private long _last = -1;
    private long _smoothed;
    private long _min = long.MaxValue;
    private long _max;

    /// <summary>Null before the first answer.</summary>
    public RoundTripFigures? Figures => Volatile.Read(ref _last) is >= 0 and var last
        ? new RoundTripFigures(TimeSpan.FromTicks(last), Read(ref _smoothed), Read(ref _min), Read(ref _max))
        : null;

    public void Add(TimeSpan roundTrip)
    {
        long ticks = Math.Max(roundTrip.Ticks, 0);
        Volatile.Write(ref _smoothed, _last < 0 ? ticks : (long)Math.Round(_smoothed + (Weight * (ticks - _smoothed))));
        Volatile.Write(ref _min, Math.Min(_min, ticks));
        Volatile.Write(ref _max, Math.Max(_max, ticks));
        Volatile.Write(ref _last, ticks); // behind the others: whoever finds one finds all
    }

    private static TimeSpan Read(ref long ticks) => TimeSpan.FromTicks(Volatile.Read(ref ticks));
}
