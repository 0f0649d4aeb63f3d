using System.Diagnostics;
using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Health;

/// <summary>Pings every peer whose transport can, and gives up those that are gone. One timer for all of them.</summary>
/// <remarks>
/// A tick looks at one slot of the wheel: at those whose ping is due, and at those who may be given up before that. Any inbound byte
/// is life. When the tick itself is late, because the host stood still, the clock of the heartbeat has stood still too: whatever
/// answers wait unread, they get the time to be read.
/// </remarks>
internal sealed class HeartbeatEngine : IDisposable
{
    // Never held while a connection is looked at: a transport that blocks, or that calls back, holds up this tick and no other.
    private readonly Lock _gate = new();
    private readonly ConnectionRegistry _registry;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _timeout;
    private readonly int _missed;
    private readonly bool _isEnabled;

    // Between two ticks, and how much later one may be before the host is held to have stood still.
    private readonly TimeSpan _tick;
    private readonly TimeSpan _tolerance;

    // Guarded by _gate: where the wheel is, and when the last tick was.
    private TimeSpan _at;
    private TimeSpan _lastTick;
    private ITimer? _timer;

    // For whom a tick looks at; null while one does. The next one, if it comes before that has ended, makes its own.
    private List<RealtimeConnection>? _spare = [];

    public HeartbeatEngine(ConnectionRegistry registry, HeartbeatOptions options, TimeProvider time)
    {
        _registry = registry;
        _time = time;
        _interval = options.Interval;
        _timeout = options.Timeout;
        _missed = options.Missed;
        _isEnabled = options.Enabled;
        _tick = TimeSpan.FromTicks((_interval.Ticks + HeartbeatWheel.Slots - 1) / HeartbeatWheel.Slots);

        // A pause takes from the time that a peer has for its answer: never more than a quarter of it, nor of the time between two pings.
        TimeSpan toAnswer = _timeout - _interval;
        _tolerance = Max(_tick, Min(toAnswer, _interval) / 4);
        _at = _lastTick = _registry.Wheel.Clock.Now;
    }

    /// <summary>Begins to turn the wheel; not where the heartbeat is off.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _at = _lastTick = _registry.Wheel.Clock.Now; // the start of a host may take its time, and is no pause
        }

        _timer ??= !_isEnabled ? null : _time.CreateTimer(static state => ((HeartbeatEngine)state!).Tick(), this, _tick, _tick); // the state is this
    }

    public void Dispose() => _timer?.Dispose();

    public void Tick()
    {
        List<RealtimeConnection> due = Interlocked.Exchange(ref _spare, null) ?? [];
        TimeSpan now;
        bool stalled;
        lock (_gate)
        {
            now = NowWithoutPauseLocked(out stalled);
        }

        if (stalled)
        {
            _registry.Metrics.Stalled(); // a listener of the meter never runs under the gate
        }

        while (TryTurn(now, due, out TimeSpan at))
        {
            foreach (RealtimeConnection connection in due)
            {
                LookAtSafely(connection, at, now);
            }

            due.Clear();
        }

        Volatile.Write(ref _spare, due);
    }

    private bool TryTurn(TimeSpan now, List<RealtimeConnection> due, out TimeSpan at)
    {
        lock (_gate)
        {
            at = _at + _tick;
            if (at > now)
            {
                return false;
            }

            _at = at;
            _registry.Wheel.TakeNext(due);
            return true;
        }
    }

    private TimeSpan NowWithoutPauseLocked(out bool stalled)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "caller holds _gate");
        HeartbeatClock clock = _registry.Wheel.Clock;
        TimeSpan passed = clock.Now - _lastTick;
        stalled = false;
        if (passed - _tick > _tolerance)
        {
            clock.StoodStill(passed); // all of it: this tick looks at nobody, and until the next the readers have their turn
            stalled = true;
        }

        return _lastTick = clock.Now;
    }

    // Whoever was taken out of the wheel is this tick's alone until it is back; the ping comes after that, so that a later tick still
    // judges a connection whose transport blocks in it.
    private void LookAtSafely(RealtimeConnection connection, TimeSpan at, TimeSpan now)
    {
        try
        {
            if (connection.CloseReason is not null)
            {
                return;
            }

            Heartbeat heartbeat = connection.Heartbeat!; // only those with one are in the wheel
            bool isPingDue = heartbeat.NextPing <= at;
            HealthState before = heartbeat.State;
            heartbeat.State = LookAt(heartbeat, isPingDue, at, now);
            if (before == HealthState.Suspect && heartbeat.State == HealthState.Healthy)
            {
                _registry.Metrics.Resurrected();
            }

            if (heartbeat.State == HealthState.Dead)
            {
                if (connection.Close(CloseReason.HeartbeatTimeout))
                {
                    _registry.Metrics.TimeoutDetected();
                }

                return;
            }

            _registry.Wheel.PutBack(connection, TurnsTo(heartbeat.IsSilent ? Min(heartbeat.NextPing, heartbeat.Deadline) : heartbeat.NextPing, at));
            if (isPingDue)
            {
                connection.Ping();
            }
        }
        catch (Exception e)
        {
            // A transport that throws is a connection that is gone. The others are still to be looked at.
            connection.WriteFailed(e);
        }
    }

    private HealthState LookAt(Heartbeat heartbeat, bool isPingDue, TimeSpan at, TimeSpan now)
    {
        heartbeat.Look();
        bool isSilent = heartbeat.IsSilent;
        if (!isSilent)
        {
            heartbeat.Missed = 0;
        }
        else if (isPingDue && heartbeat.Pings != heartbeat.PingsWhenAsked)
        {
            heartbeat.Missed++; // not one that still waits behind a flush
            heartbeat.Score.Missed();
        }

        if (isSilent && (now >= heartbeat.Deadline || heartbeat.Missed >= _missed))
        {
            return HealthState.Dead;
        }

        if (isPingDue)
        {
            if (!isSilent)
            {
                // Asked late, it still has the time for its answer. A sign that comes from here on leaves it not silent. One that came after a
                // pause of the host and before the tick that saw the pause was noted in what is the future now.
                heartbeat.SignsWhenAsked = heartbeat.Signs;
                heartbeat.Deadline = Max(Min(heartbeat.LifeAt, now) + _timeout, now + _timeout - _interval);
            }

            heartbeat.NextPing = at + _interval; // of where the wheel was: a late tick moves no ping out of its slot
            heartbeat.PingsWhenAsked = heartbeat.Pings;
        }

        return heartbeat.Missed > 0 ? HealthState.Suspect : HealthState.Healthy;
    }

    // Up to the slot whose turn is not before that time.
    private int TurnsTo(TimeSpan due, TimeSpan at) => (int)Math.Clamp(((due - at).Ticks + _tick.Ticks - 1) / _tick.Ticks, 1, HeartbeatWheel.Slots);

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
