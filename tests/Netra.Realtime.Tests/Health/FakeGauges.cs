using Netra.Realtime.Health;

namespace Netra.Realtime.Tests.Health;

/// <summary>Gauges that say what a test sets.</summary>
internal sealed class FakeGauges
{
    public FakeGauges() => Gauges = new(() => LogBudgetUsed, () => PoolQueue(), () => MemoryLoad());

    public PressureGauges Gauges { get; }

    public double LogBudgetUsed { get; set; }

    public Func<long> PoolQueue { get; set; } = static () => 0;

    public Func<double> MemoryLoad { get; set; } = static () => 0;
}
