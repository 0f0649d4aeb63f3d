namespace Netra.Realtime.Diagnostics;

/// <summary>The moving average of ping times. One answer that took very long says little about the others, so it weighs less. Safe for concurrent use.</summary>
internal sealed class PingAverage
{
    private const double Weight = 0.1;
    private const double OutlierWeight = 0.02;
    private const int OutlierFactor = 5;

    private readonly Lock _gate = new();
    private double? _ticks;

    /// <summary>Null before the first answer.</summary>
    public TimeSpan? Value
    {
        get
        {
            lock (_gate)
            {
                return _ticks is { } ticks ? TimeSpan.FromTicks((long)Math.Round(ticks)) : null;
            }
        }
    }

    public void Add(TimeSpan roundTrip)
    {
        lock (_gate)
        {
            double average = _ticks ?? roundTrip.Ticks;
            double weight = roundTrip.Ticks > OutlierFactor * average ? OutlierWeight : Weight;
            _ticks = average + (weight * (roundTrip.Ticks - average));
        }
    }
}
