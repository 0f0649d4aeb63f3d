using Netra.Realtime.Sessions;

namespace Netra.Realtime.Health;

/// <summary>The stage that one gauge asks for: raised above a threshold, left only below a share of it. Not safe for concurrent use.</summary>
/// <param name="gauge">Which gauge.</param>
/// <param name="toRefuse">Above this newcomers are refused; 0: never.</param>
/// <param name="toShed">Above this events are shed; 0: never.</param>
/// <param name="recoverBelow">The share of a threshold below which its stage is left.</param>
/// <param name="samples">How many in a row have to be above a threshold.</param>
internal sealed class PressureLevel(PressureGauge gauge, double toRefuse, double toShed, double recoverBelow, int samples = 1)
{
    private int _toRefuseInARow;
    private int _toShedInARow;

    public static PressureLevel OfLogBudget(DegradationOptions options) =>
        new(PressureGauge.LogBudget, options.LogBudgetToRefuse, options.LogBudgetToShed, options.RecoverBelow);

    public static PressureLevel OfPoolQueue(DegradationOptions options) =>
        new(PressureGauge.PoolQueue, options.PoolQueueToRefuse, options.PoolQueueToShed, options.RecoverBelow, options.PoolQueueSamples);

    public static PressureLevel OfMemoryLoad(DegradationOptions options) =>
        new(PressureGauge.MemoryLoad, options.MemoryLoadToRefuse, options.MemoryLoadToShed, options.RecoverBelow);

    public PressureGauge Gauge => gauge;

    public PressureStage Stage { get; private set; }

    /// <summary>What it read last.</summary>
    public double Figure { get; private set; }

    /// <summary>The first threshold there is, above which logs are to give way; infinite when the gauge is off.</summary>
    public double Lowest => toRefuse > 0 ? toRefuse : toShed > 0 ? toShed : double.PositiveInfinity;

    /// <summary>Below this the gauge asks for nothing any more.</summary>
    public double NormalBelow => recoverBelow * Lowest;

    /// <summary>What the figure was above when it asked for a stage.</summary>
    public double ThresholdOf(PressureStage stage) => stage == PressureStage.Shedding ? toShed : toRefuse;

    /// <summary>What the figure is below now that it asks for no more than this.</summary>
    public double RecoveredBelow(PressureStage stage) => stage == PressureStage.Normal ? NormalBelow : recoverBelow * toShed;

    public void Look(double figure)
    {
        Figure = figure;
        _toRefuseInARow = toRefuse > 0 && figure > toRefuse ? _toRefuseInARow + 1 : 0;
        _toShedInARow = toShed > 0 && figure > toShed ? _toShedInARow + 1 : 0;
        if (_toShedInARow >= samples)
        {
            Stage = PressureStage.Shedding;
        }
        else if (Stage == PressureStage.Normal && _toRefuseInARow >= samples)
        {
            Stage = PressureStage.RefusingNewConnections;
        }
        else if (figure < NormalBelow)
        {
            Stage = PressureStage.Normal;
        }
        else if (Stage == PressureStage.Shedding && figure < recoverBelow * toShed)
        {
            Stage = PressureStage.RefusingNewConnections;
        }
    }
}
