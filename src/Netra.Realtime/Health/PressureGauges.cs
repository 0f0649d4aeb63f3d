namespace Netra.Realtime.Health;

/// <summary>Where the monitor reads what it judges. A test puts its own there.</summary>
/// <param name="LogBudgetUsed">As a share of the budget.</param>
/// <param name="PoolQueueLength">Work items.</param>
/// <param name="MemoryLoad">As a share of what may be used.</param>
internal sealed record PressureGauges(Func<double> LogBudgetUsed, Func<long> PoolQueueLength, Func<double> MemoryLoad);
