namespace Netra.Realtime.Transports;

/// <summary>So many at once, so many a second lastingly. For one thread at a time.</summary>
internal sealed class TokenBucket(int burst, int perSecond, TimeProvider time)
{
    private double _tokens = burst;
    private long _filledAt = time.GetTimestamp();

    public bool IsFull => Fill() >= burst;

    public bool HasToken => Fill() >= 1;

    public bool TryTake(long count = 1)
    {
        if (Fill() < count)
        {
            return false;
        }

        _tokens -= count;
        return true;
    }

    private double Fill()
    {
        // Not by way of a TimeSpan: whoever asks again within its 100 ns would never see time pass.
        long now = time.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + ((double)(now - _filledAt) / time.TimestampFrequency * perSecond));
        _filledAt = now;
        return _tokens;
    }
}
