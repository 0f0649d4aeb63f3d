using Microsoft.Extensions.Hosting;

namespace Netra.Realtime.Hosting;

/// <summary>Starts and stops the listeners with the host.</summary>
internal sealed class ListenersService(IEnumerable<RealtimeListener> listeners) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (RealtimeListener listener in listeners)
        {
            listener.Start();
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (RealtimeListener listener in listeners)
        {
            await listener.DisposeAsync().ConfigureAwait(false);
        }
    }
}
