namespace Netra.Realtime.Sessions;

/// <summary>What the gauges said last, and what followed.</summary>
/// <param name="Stage">The stage of the host.</param>
/// <param name="Gauge">The gauge that it is due to.</param>
/// <param name="LogBudgetUsed">The memory of all logs as a share of <c>Retention.TotalBytes</c>.</param>
/// <param name="PoolQueueLength">The work items that wait for a thread of the pool.</param>
/// <param name="MemoryLoad">The memory in use as a share of what the garbage collector may use.</param>
public sealed record PressureReading(PressureStage Stage, PressureGauge Gauge, double LogBudgetUsed, long PoolQueueLength, double MemoryLoad);
