using Microsoft.Extensions.Logging;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Health;

/// <summary>Looks at the gauges about once an interval and says what the host does without: the worst that any of them asks for.</summary>
/// <remarks>
/// What it says is <see cref="SessionDirectory.Pressure"/>, which handshakes and emitters read. A sample that has ended sets the timer for
/// the next, so there is never more than one, and a pool that starves does not run several at once.
/// </remarks>
internal sealed class PressureMonitor : IDisposable
{
    // Its multiples, without their whole part, fall evenly and never in step with anything.
    private const double GoldenRatio = 0.618033988749895;

    private readonly SessionDirectory _sessions;
    private readonly PressureGauges _gauges;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly SafeLogger _logger;
    private readonly PressureLevel _logBudget;
    private readonly PressureLevel _poolQueue;
    private readonly PressureLevel _memoryLoad;
    private long _samples;
    private ITimer? _timer;

    public PressureMonitor(SessionDirectory sessions, DegradationOptions options, PressureGauges gauges, TimeProvider time, ILogger logger)
    {
        _sessions = sessions;
        _gauges = gauges;
        _interval = options.SampleInterval;
        _time = time;
        _logger = SafeLogger.Of(logger);
        _logBudget = PressureLevel.OfLogBudget(options);
        _poolQueue = PressureLevel.OfPoolQueue(options);
        _memoryLoad = PressureLevel.OfMemoryLoad(options);
    }

    public void Start()
    {
        if (_timer is null)
        {
            _timer = _time.CreateTimer(static state => ((PressureMonitor)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // the state is this
            _timer.Change(NextDelay(), Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer?.Dispose();

    public void Sample()
    {
        try
        {
            Look();
        }
        catch (Exception e)
        {
            // A timer's exception would end the process.
            HealthLog.SampleFailed(_logger, e);
        }
    }

    private void Tick()
    {
        Sample();
        _timer!.Change(NextDelay(), Timeout.InfiniteTimeSpan); // a tick has a timer; one that was disposed of meanwhile stays still
    }

    // From half an interval to one and a half. An application that tells a large room something each second fills the queue of the pool for
    // some milliseconds each time: a monitor in step with it would see that, and nothing else.
    private TimeSpan NextDelay() => _interval * (0.5 + (++_samples * GoldenRatio % 1));

    private void Look()
    {
        _logBudget.Look(LogBudgetWithoutThoseWhoAreAway());
        long queue = _gauges.PoolQueueLength();
        _poolQueue.Look(queue);
        _memoryLoad.Look(_gauges.MemoryLoad());

        PressureReading last = _sessions.Pressure.Latest;
        PressureLevel worst = WorstLevel(last.Gauge);
        PressureStage stage = worst.Stage;
        _sessions.Pressure.Latest = new(
            stage, stage == PressureStage.Normal ? PressureGauge.None : worst.Gauge, _logBudget.Figure, queue, _memoryLoad.Figure);
        if (stage > last.Stage)
        {
            HealthLog.PressureRose(_logger, stage, worst.Gauge, worst.Figure, worst.ThresholdOf(stage));
        }
        else if (stage < last.Stage)
        {
            PressureLevel eased = LevelOf(last.Gauge);
            HealthLog.PressureEased(_logger, stage, eased.Gauge, eased.Figure, eased.RecoveredBelow(stage));
        }
    }

    // Their logs may take what nobody else needs, up to the whole budget, and stay until they are too old: that is no pressure. They
    // give way as soon as it would be, or is, and what is left then is of those who are connected.
    private double LogBudgetWithoutThoseWhoAreAway()
    {
        double used = _gauges.LogBudgetUsed();
        if (used > _logBudget.Lowest || (_logBudget.Stage != PressureStage.Normal && used >= _logBudget.NormalBelow))
        {
            _sessions.FreeLogsOfAway(_logBudget.NormalBelow);
            used = _gauges.LogBudgetUsed();
        }

        return used;
    }

    // Of two that ask for the same the one that did before: it is what the last line in the log named.
    private PressureLevel WorstLevel(PressureGauge before)
    {
        PressureLevel worst = LevelOf(before);
        foreach (PressureLevel level in (ReadOnlySpan<PressureLevel>)[_logBudget, _poolQueue, _memoryLoad])
        {
            worst = level.Stage > worst.Stage ? level : worst;
        }

        return worst;
    }

    private PressureLevel LevelOf(PressureGauge gauge) => gauge switch
    {
        PressureGauge.PoolQueue => _poolQueue,
        PressureGauge.MemoryLoad => _memoryLoad,
        _ => _logBudget,
    };
}
