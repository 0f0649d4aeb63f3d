using Microsoft.Extensions.Diagnostics.HealthChecks;
using Netra.Realtime.Connections;
using Netra.Realtime.Runs;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.AspNetCore;

/// <summary>Says what the host does without, with figures and nothing of a user.</summary>
internal sealed class RealtimeHealthCheck(RealtimeConnections connections, AgentRuns runs, int maxConnections) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        PressureReading pressure = connections.Pressure.Latest;
        Dictionary<string, object> figures = new(StringComparer.Ordinal)
        {
            ["connections"] = connections.Count,
            ["max_connections"] = maxConnections,
            ["background_runs"] = runs.Count,
            ["stage"] = pressure.Stage.ToString(),
            ["gauge"] = pressure.Gauge.ToString(),
            ["log_budget_used"] = pressure.LogBudgetUsed,
            ["pool_queue_length"] = pressure.PoolQueueLength,
            ["memory_load"] = pressure.MemoryLoad,
        };
        return Task.FromResult(
            connections.IsStopping ? new HealthCheckResult(context.Registration.FailureStatus, "draining", data: figures)
            : pressure.Stage == PressureStage.Normal ? HealthCheckResult.Healthy(data: figures)
            : HealthCheckResult.Degraded($"{pressure.Stage} because of {pressure.Gauge}", data: figures));
    }
}
