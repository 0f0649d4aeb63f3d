namespace Netra.Realtime.Connections;

/// <summary>The time that peers are judged by. It stands still while the host does, so that a pause of the host is nobody's silence.</summary>
/// <remarks>Any thread reads it; the heartbeat engine alone says how long the host stood still.</remarks>
internal sealed class HeartbeatClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private long _stoodStillTicks;

    public TimeSpan Now => NowWithPauses - Pauses;

    /// <summary>How long the host stood still in all.</summary>
    public TimeSpan Pauses => TimeSpan.FromTicks(Volatile.Read(ref _stoodStillTicks));

    /// <summary>The time that never goes back: for how long something took, and not whose silence it was.</summary>
    public TimeSpan NowWithPauses => time.GetElapsedTime(_start);

    public void StoodStill(TimeSpan pause) => Volatile.Write(ref _stoodStillTicks, _stoodStillTicks + pause.Ticks);
}
