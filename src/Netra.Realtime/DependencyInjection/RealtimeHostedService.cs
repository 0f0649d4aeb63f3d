using Microsoft.Extensions.Hosting;
using Netra.Realtime.Connections;
using Netra.Realtime.Health;
using Netra.Realtime.Runs;

namespace Netra.Realtime.DependencyInjection;

/// <summary>Starts the sweep, the heartbeat and the monitor of the pressure, and stops before the web server does: Kestrel waits for upgraded connections, so they have to leave first.</summary>
internal sealed class RealtimeHostedService(
    RealtimeConnections connections,
    AgentRuns runs,
    Sweeper sweeper,
    HeartbeatEngine heartbeat,
    PressureMonitor pressure,
    DeliveryOptions delivery)
    : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        sweeper.Start();
        heartbeat.Start();
        pressure.Start();
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Newcomers are refused, runs end and say so to those who are connected, then everybody is told when to come back and closed with 1012.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        connections.BeginStop();
        try
        {
            await runs.StopAsync(delivery.StopTimeout, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await connections.StopAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Everything else that may emit has stopped, so what no connection has received is known now.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken) => connections.EndAsync(runs.End, cancellationToken);
}
