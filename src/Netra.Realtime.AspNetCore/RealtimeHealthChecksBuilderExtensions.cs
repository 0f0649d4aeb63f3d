using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Netra.Realtime.AspNetCore;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Runs;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Netra.Realtime to the health checks.</summary>
public static class RealtimeHealthChecksBuilderExtensions
{
    /// <summary>Adds a check that says what the host does without: healthy; degraded while newcomers are refused or events are shed, with
    /// the stage and the gauge it is due to; the failure status, described as <c>draining</c>, from when the host begins to stop.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="failureStatus">What it reports while the host stops; null for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags, by which endpoints choose their checks.</param>
    /// <returns>The builder.</returns>
    /// <remarks>Its data holds figures and nothing of a user: <c>connections</c>, <c>max_connections</c>, <c>background_runs</c>, <c>stage</c>,
    /// <c>gauge</c>, <c>log_budget_used</c>, <c>pool_queue_length</c>, <c>memory_load</c>. Checking costs a look at numbers that are there.</remarks>
    public static IHealthChecksBuilder AddNetraRealtime(
        this IHealthChecksBuilder builder, string name = "netra_realtime", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name,
            static provider => new RealtimeHealthCheck(
                provider.GetRequiredService<RealtimeConnections>(),
                provider.GetRequiredService<AgentRuns>(),
                provider.GetRequiredService<IOptions<RealtimeOptions>>().Value.Limits.MaxConnections),
            failureStatus,
            tags));
    }
}
