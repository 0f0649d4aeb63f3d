using Microsoft.Extensions.Logging;
using Netra.Realtime.Health;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Health;

/// <summary>The rules on gauges that say what the test sets: refuse above 0.9, 2,000 and 0.95, shed above 0.95, 10,000 and 0.98, left below 0.9 of that.</summary>
public sealed class PressureMonitorTests : IDisposable
{
    private const PressureStage Normal = PressureStage.Normal;
    private const PressureStage Refusing = PressureStage.RefusingNewConnections;
    private const PressureStage Shedding = PressureStage.Shedding;

    private readonly LogHarness _log = new();
    private readonly FakeGauges _gauges = new();
    private readonly LineRecorder _lines = new();
    private PressureMonitor? _monitor;

    public static TheoryData<PressureGauge, double, PressureStage> Rises => new()
    {
        { PressureGauge.LogBudget, 0.9, Normal },
        { PressureGauge.LogBudget, 0.9001, Refusing },
        { PressureGauge.LogBudget, 0.95, Refusing },
        { PressureGauge.LogBudget, 0.9501, Shedding },
        { PressureGauge.PoolQueue, 2_000, Normal },
        { PressureGauge.PoolQueue, 2_001, Refusing },
        { PressureGauge.PoolQueue, 10_000, Refusing },
        { PressureGauge.PoolQueue, 10_001, Shedding },
        { PressureGauge.MemoryLoad, 0.95, Normal },
        { PressureGauge.MemoryLoad, 0.9501, Refusing },
        { PressureGauge.MemoryLoad, 0.98, Refusing },
        { PressureGauge.MemoryLoad, 0.9801, Shedding },
    };

    // From shedding; 0.9 of 0.95, 10,000 and 0.98, then 0.9 of 0.9, 2,000 and 0.95.
    public static TheoryData<PressureGauge, double, PressureStage> Falls => new()
    {
        { PressureGauge.LogBudget, 0.8551, Shedding },
        { PressureGauge.LogBudget, 0.8549, Refusing },
        { PressureGauge.LogBudget, 0.8101, Refusing },
        { PressureGauge.LogBudget, 0.8099, Normal },
        { PressureGauge.PoolQueue, 9_000, Shedding },
        { PressureGauge.PoolQueue, 8_999, Refusing },
        { PressureGauge.PoolQueue, 1_800, Refusing },
        { PressureGauge.PoolQueue, 1_799, Normal },
        { PressureGauge.MemoryLoad, 0.8821, Shedding },
        { PressureGauge.MemoryLoad, 0.8819, Refusing },
        { PressureGauge.MemoryLoad, 0.8551, Refusing },
        { PressureGauge.MemoryLoad, 0.8549, Normal },
    };

    private HostPressure Pressure => _log.Sessions.Pressure;

    public void Dispose() => _monitor?.Dispose();

    [Theory]
    [MemberData(nameof(Rises))]
    public void Gauge_AtItsThresholdAndJustPast_RaisesTheStage(PressureGauge gauge, double figure, PressureStage stage)
    {
        Start();

        Set(gauge, figure);
        Samples(5);

        Assert.Equal((stage, stage == Normal ? PressureGauge.None : gauge), (Pressure.Stage, Pressure.Latest.Gauge));
    }

    [Theory]
    [MemberData(nameof(Falls))]
    public void Gauge_AboveAndBelowTheShareOfItsThreshold_HoldsAndLeavesTheStage(PressureGauge gauge, double figure, PressureStage stage)
    {
        Start();
        Set(gauge, 20_000);
        Samples(5);
        Assert.Equal(Shedding, Pressure.Stage);

        Set(gauge, figure);
        Samples(1);

        Assert.Equal(stage, Pressure.Stage);
    }

    [Fact]
    public void Gauge_BetweenRecoveryAndThreshold_StaysAsItCame()
    {
        Start();
        _gauges.LogBudgetUsed = 0.85;
        Samples(3);
        Assert.Equal(Normal, Pressure.Stage);

        _gauges.LogBudgetUsed = 0.91;
        Samples(1);
        _gauges.LogBudgetUsed = 0.85;
        Samples(3);
        Assert.Equal(Refusing, Pressure.Stage);
    }

    [Fact]
    public void PoolQueue_AboveForFourSamplesAndNotTheFifth_IsABurst()
    {
        Start();
        for (int i = 0; i < 3; i++)
        {
            _gauges.PoolQueue = static () => 50_000;
            Samples(4);
            Assert.Equal(Normal, Pressure.Stage);
            _gauges.PoolQueue = static () => 2_000;
            Samples(1);
        }

        _gauges.PoolQueue = static () => 2_001;
        Samples(4);
        Assert.Equal(Normal, Pressure.Stage);
        Samples(1);
        Assert.Equal(Refusing, Pressure.Stage);
    }

    [Fact]
    public void PoolQueue_BurstsInStepWithTheInterval_AreNoPressure()
    {
        DateTimeOffset start = _log.Time.GetUtcNow();
        _gauges.PoolQueue = () => (_log.Time.GetUtcNow() - start).Milliseconds is >= 900 or < 100 ? 50_000 : 0;
        Start();

        for (int i = 0; i < 100_000; i++)
        {
            _log.Time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Empty(_lines.All);
    }

    [Fact]
    public void Start_Twice_SamplesOnceAnIntervalAndUnevenly()
    {
        List<TimeSpan> between = [];
        DateTimeOffset last = _log.Time.GetUtcNow();
        _gauges.PoolQueue = () =>
        {
            between.Add(_log.Time.GetUtcNow() - last);
            last = _log.Time.GetUtcNow();
            return 0;
        };
        Start();
        _monitor!.Start();

        for (int i = 0; i < 10_000; i++)
        {
            _log.Time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(between.Count, 98, 102);
        Assert.All(between, time => Assert.InRange(time, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.51)));
        Assert.True(between.Distinct().Count() > 30);
    }

    [Fact]
    public void Stage_OfSeveralGauges_IsTheWorst()
    {
        Start();
        _gauges.LogBudgetUsed = 0.91;
        _gauges.MemoryLoad = static () => 0.99;
        Samples(1);
        Assert.Equal((Shedding, PressureGauge.MemoryLoad), (Pressure.Stage, Pressure.Latest.Gauge));

        _gauges.MemoryLoad = static () => 0;
        Samples(1);
        Assert.Equal((Refusing, PressureGauge.LogBudget), (Pressure.Stage, Pressure.Latest.Gauge));
        Assert.Equal(
            [
                "Warning 1220 The host is under pressure, Shedding: MemoryLoad is 0.99, above 0.98.",
                "Information 1221 The pressure on the host has eased, RefusingNewConnections: MemoryLoad is 0, below 0.882.",
            ],
            _lines.All);
    }

    [Fact]
    public void Stage_SecondGaugeTakesOver_IsHeldWithoutALine()
    {
        Start();
        _gauges.LogBudgetUsed = 0.91;
        Samples(1);
        _gauges.MemoryLoad = static () => 0.96;
        Samples(1);
        Assert.Equal(PressureGauge.LogBudget, Pressure.Latest.Gauge);

        _gauges.LogBudgetUsed = 0;
        Samples(1);

        Assert.Equal((Refusing, PressureGauge.MemoryLoad), (Pressure.Stage, Pressure.Latest.Gauge));
        Assert.Single(_lines.All);
    }

    [Fact]
    public void Stage_Changes_AreOneLineEachWithGaugeFigureAndThreshold()
    {
        Start();
        foreach (long length in (long[])[2_500, 12_345, 8_000, 100])
        {
            _gauges.PoolQueue = () => length;
            Samples(10);
        }

        Assert.Equal(
            [
                "Warning 1220 The host is under pressure, RefusingNewConnections: PoolQueue is 2500, above 2000.",
                "Warning 1220 The host is under pressure, Shedding: PoolQueue is 12345, above 10000.",
                "Information 1221 The pressure on the host has eased, RefusingNewConnections: PoolQueue is 8000, below 9000.",
                "Information 1221 The pressure on the host has eased, Normal: PoolQueue is 100, below 1800.",
            ],
            _lines.All);
    }

    [Fact]
    public void Latest_AfterASample_HoldsAllFigures()
    {
        Start();
        (_gauges.LogBudgetUsed, _gauges.PoolQueue, _gauges.MemoryLoad) = (0.1, static () => 23, static () => 0.4);
        Assert.Equal(new PressureReading(Normal, PressureGauge.None, 0, 0, 0), Pressure.Latest);

        Samples(1);

        Assert.Equal(new PressureReading(Normal, PressureGauge.None, 0.1, 23, 0.4), Pressure.Latest);
    }

    [Fact]
    public void Gauge_WithoutThresholds_IsOff()
    {
        Start(new DegradationOptions { LogBudgetToRefuse = 0, LogBudgetToShed = 0, PoolQueueToRefuse = 0, PoolQueueToShed = 0, MemoryLoadToRefuse = 0, MemoryLoadToShed = 0 });
        (_gauges.LogBudgetUsed, _gauges.PoolQueue, _gauges.MemoryLoad) = (2, static () => 1_000_000, static () => 2);

        Samples(10);

        Assert.Equal(new PressureReading(Normal, PressureGauge.None, 2, 1_000_000, 2), Pressure.Latest);
    }

    [Fact]
    public void Gauge_WithoutAThresholdToShed_OnlyRefuses()
    {
        Start(new DegradationOptions { LogBudgetToShed = 0 });
        _gauges.LogBudgetUsed = 2;
        Samples(1);
        Assert.Equal(Refusing, Pressure.Stage);

        _gauges.LogBudgetUsed = 0.8;
        Samples(1);
        Assert.Equal(Normal, Pressure.Stage);
    }

    [Fact]
    public void Gauge_WithoutAThresholdToRefuse_ShedsAndRecoversAtOnce()
    {
        Start(new DegradationOptions { LogBudgetToRefuse = 0 });
        _gauges.LogBudgetUsed = 0.95;
        Samples(1);
        Assert.Equal(Normal, Pressure.Stage);
        _gauges.LogBudgetUsed = 0.96;
        Samples(1);
        Assert.Equal(Shedding, Pressure.Stage);

        _gauges.LogBudgetUsed = 0.85;
        Samples(1);
        Assert.Equal(Normal, Pressure.Stage);
        Assert.EndsWith("Normal: LogBudget is 0.85, below 0.855.", _lines.All[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_GaugeThrows_IsLoggedAndTheNextOneTriesAgain()
    {
        Start();
        _gauges.LogBudgetUsed = 0.91;
        _gauges.MemoryLoad = static () => throw new InvalidOperationException("a gauge's fault");
        Samples(1);
        Assert.Equal(Normal, Pressure.Stage);
        Assert.StartsWith("Error 1222 ", Assert.Single(_lines.All), StringComparison.Ordinal);

        _gauges.MemoryLoad = static () => 0;
        Samples(1);
        Assert.Equal(Refusing, Pressure.Stage);
    }

    // On the pool it would end the process, and where the disk is full both throw.
    [Fact]
    public void Sample_LoggerThrowsToo_TheNextOneTriesAgain()
    {
        using PressureMonitor monitor = new(_log.Sessions, new DegradationOptions(), _gauges.Gauges, _log.Time, new LogProbe(1220, 1222));
        monitor.Start();
        _gauges.LogBudgetUsed = 0.91;
        _log.Time.Advance(TimeSpan.FromSeconds(2)); // a change of stage that cannot be logged
        _gauges.MemoryLoad = static () => throw new InvalidOperationException("a gauge's fault");
        _log.Time.Advance(TimeSpan.FromSeconds(2));
        _gauges.MemoryLoad = static () => 0;
        _gauges.LogBudgetUsed = 0;

        _log.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(Normal, Pressure.Stage);
    }

    [Fact]
    public void Dispose_Sampling_Ends()
    {
        Start();
        _monitor!.Dispose();
        _gauges.LogBudgetUsed = 2;

        _log.Time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(Normal, Pressure.Stage);
    }

    private void Start(DegradationOptions? options = null)
    {
        _monitor = new PressureMonitor(_log.Sessions, options ?? new DegradationOptions(), _gauges.Gauges, _log.Time, _lines);
        _monitor.Start();
    }

    private void Samples(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _monitor!.Sample();
        }
    }

    private void Set(PressureGauge gauge, double figure)
    {
        switch (gauge)
        {
            case PressureGauge.LogBudget:
                _gauges.LogBudgetUsed = figure;
                break;
            case PressureGauge.PoolQueue:
                _gauges.PoolQueue = () => (long)figure;
                break;
            default:
                _gauges.MemoryLoad = () => figure;
                break;
        }
    }

    private sealed class LineRecorder : ILogger
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add($"{logLevel} {eventId.Id} {formatter(state, exception)}");
    }
}
