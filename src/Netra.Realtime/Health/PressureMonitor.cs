using Microsoft.Extensions.Logging;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Health;

/// <summary>Looks at the gauges once an interval and says what the host does without: the worst that any of them asks for.</summary>
/// <remarks>What it says is <see cref="SessionDirectory.Pressure"/>, which handshakes and emitters read. One sample at a time, under <c>_gate</c>.</remarks>
internal sealed class PressureMonitor : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SessionDirectory _sessions;
    private readonly PressureGauges _gauges;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PressureLevel _logBudget;
    private readonly PressureLevel _poolQueue;
    private readonly PressureLevel _memoryLoad;
    private long? _sampledAt;
    private ITimer? _timer;

    public PressureMonitor(SessionDirectory sessions, DegradationOptions options, PressureGauges gauges, TimeProvider time, ILogger logger)
    {
        _sessions = sessions;
        _gauges = gauges;
        _interval = options.SampleInterval;
        _time = time;
        _logger = logger;
        _logBudget = PressureLevel.OfLogBudget(options);
        _poolQueue = PressureLevel.OfPoolQueue(options);
        _memoryLoad = PressureLevel.OfMemoryLoad(options);
    }

    public void Start() => _timer ??= _time.CreateTimer(static state => ((PressureMonitor)state!).Sample(), this, _interval, _interval); // the state is this

    public void Dispose() => _timer?.Dispose();

    public void Sample()
    {
        if (!_gate.TryEnter())
        {
            return;
        }

        try
        {
            // A pool that starves holds back this timer too, and then runs its ticks at once: that is one sample, not several in a row.
            long now = _time.GetTimestamp();
            if (_sampledAt is { } before && _time.GetElapsedTime(before, now) < _interval / 2)
            {
                return;
            }

            _sampledAt = now;
            SampleLocked();
        }
        catch (Exception e)
        {
            // A timer's exception would end the process.
            HealthLog.SampleFailed(_logger, e);
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void SampleLocked()
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
