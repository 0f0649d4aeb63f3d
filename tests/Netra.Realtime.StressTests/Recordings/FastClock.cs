namespace Netra.Realtime.StressTests.Recordings;

/// <summary>The real clock, so many times faster: what a client waits for on lines that say nothing is over soon.</summary>
internal sealed class FastClock(int speed) : TimeProvider
{
    public override long TimestampFrequency => System.TimestampFrequency / speed;

    public override long GetTimestamp() => System.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new FastTimer(System.CreateTimer(callback, state, Short(dueTime), Short(period)), this);

    private TimeSpan Short(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time / speed;

    private sealed class FastTimer(ITimer timer, FastClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(clock.Short(dueTime), clock.Short(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
