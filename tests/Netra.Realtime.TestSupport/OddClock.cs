using Microsoft.Extensions.Time.Testing;

namespace Netra.Realtime.TestSupport;

/// <summary>A fake clock whose timestamps do not come in ticks of a <see cref="TimeSpan"/>, and which counts the timers made on it.</summary>
internal sealed class OddClock(FakeTimeProvider inner, long frequency) : TimeProvider
{
    private int _timers;

    public int Timers => Volatile.Read(ref _timers);

    public override long TimestampFrequency => frequency;

    public override long GetTimestamp() => (long)((Int128)inner.GetTimestamp() * frequency / TimeSpan.TicksPerSecond);

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Interlocked.Increment(ref _timers);
        return inner.CreateTimer(callback, state, dueTime, period);
    }
}
