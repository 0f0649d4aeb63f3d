namespace Netra.Realtime.LoadTests.Crowding;

/// <summary>A clock that moves when it is told to. Timers are the system's: what a close costs includes its deadline.</summary>
internal sealed class SteppedTime : TimeProvider
{
    private readonly DateTimeOffset _start = System.GetUtcNow();
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => _start.AddTicks(GetTimestamp());

    public void Step(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}
