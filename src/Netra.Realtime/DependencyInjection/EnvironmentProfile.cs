using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Netra.Realtime.DependencyInjection;

/// <summary>The heartbeat of the environment. Registered before anything else configures the options, so everything else overrides it.</summary>
internal sealed class EnvironmentProfile(IServiceProvider services) : IConfigureOptions<RealtimeOptions>
{
    public void Configure(RealtimeOptions options)
    {
        (int interval, int timeout, int missed) = services.GetService<IHostEnvironment>()?.EnvironmentName switch
        {
            "Production" => (25, 75, 2),
            "Development" or "Testing" => (45, 60, 3),
            _ => (30, 90, 2),
        };
        options.Heartbeat.Interval = TimeSpan.FromSeconds(interval);
        options.Heartbeat.Timeout = TimeSpan.FromSeconds(timeout);
        options.Heartbeat.Missed = missed;
    }
}
