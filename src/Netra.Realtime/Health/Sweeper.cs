using Microsoft.Extensions.Logging;
using Netra.Realtime.Connections;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Health;

/// <summary>Expires logs and retired sessions, tells quiet connections where they are, ends silent runs, and, where there is no heartbeat, closes stale connections.</summary>
/// <remarks>Rooms need no sweep: one that nobody is in is given up by whoever left it last.</remarks>
internal sealed class Sweeper(ConnectionRegistry registry, RunWatchdog runs, HeartbeatOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SafeLogger _logger = SafeLogger.Of(logger);
    private readonly TimeSpan _interval = options.SweepInterval;
    private readonly TimeSpan? _staleAfter = options.Enabled ? null : options.StaleAfter;
    private readonly TimeSpan _tolerance = options.Enabled || options.StaleAfter / 4 > options.SweepInterval ? options.SweepInterval : options.StaleAfter / 4;
    private TimeSpan _lastSweep = registry.Wheel.Clock.NowWithPauses; // guarded by _gate

    // How long the runs were excused for in all, as the clock counts it or will when the heartbeat has looked; guarded by _gate.
    private TimeSpan _excused = registry.Wheel.Clock.Pauses;
    private ITimer? _timer;

    public void Start()
    {
        lock (_gate)
        {
            _lastSweep = registry.Wheel.Clock.NowWithPauses; // the start of a host may take its time, and is no pause
        }

        _timer ??= time.CreateTimer(static state => ((Sweeper)state!).Sweep(), this, _interval, _interval); // the state is this
    }

    public void Dispose() => _timer?.Dispose();

    public void Sweep()
    {
        if (!_gate.TryEnter())
        {
            return; // a sweep that takes longer than the interval is not helped by another
        }

        try
        {
            registry.Sessions.Sweep();
            registry.TellPositions();
            SkipPauseLocked();
            runs.EndOverdue();
            if (_staleAfter is { } staleAfter)
            {
                registry.CloseStale(staleAfter);
            }
        }
        catch (Exception e)
        {
            // A timer's exception would end the process.
            HealthLog.SweepFailed(_logger, e);
        }
        finally
        {
            _gate.Exit();
        }
    }

    // As the heartbeat does it: a sweep that comes late, because the host stood still, is no silence of anybody. A shorter pause is seen by the
    // heartbeat, which looks more often.
    private void SkipPauseLocked()
    {
        HeartbeatClock clock = registry.Wheel.Clock;
        TimeSpan passed = clock.NowWithPauses - _lastSweep;
        _lastSweep += passed;
        bool isLate = passed - _interval > _tolerance;
        TimeSpan seen = Max(clock.Pauses - _excused, TimeSpan.Zero);
        TimeSpan pause = isLate ? passed : Max(passed - _interval, seen);
        TimeSpan ahead = Max(pause - seen, TimeSpan.Zero); // of the heartbeat, which may come to the same pause after this
        if (pause > TimeSpan.Zero)
        {
            registry.Sessions.ExcuseRuns(pause);
        }

        if (isLate && _staleAfter is not null)
        {
            clock.StoodStill(passed); // else the heartbeat says so
            registry.Metrics.Stalled();
            ahead = TimeSpan.Zero;
        }

        _excused = clock.Pauses + ahead;
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
