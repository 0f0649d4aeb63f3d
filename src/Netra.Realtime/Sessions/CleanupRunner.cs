using Microsoft.Extensions.Logging;
using Netra.Realtime.Diagnostics;

namespace Netra.Realtime.Sessions;

/// <summary>Calls the application's clean-up on the pool, one callback after the other. What one throws is logged, and the rest go on.</summary>
internal sealed class CleanupRunner(ILogger logger)
{
    private readonly SafeLogger _logger = SafeLogger.Of(logger);
    private readonly PendingWork _pending = new();

    public void Run(IReadOnlyList<Func<ValueTask>> callbacks)
    {
        if (callbacks.Count > 0)
        {
            _ = _pending.Run(() => RunAllAsync(callbacks));
        }
    }

    public Task WhenIdleAsync() => _pending.WhenIdleAsync();

    private async Task RunAllAsync(IReadOnlyList<Func<ValueTask>> callbacks)
    {
        foreach (Func<ValueTask> callback in callbacks)
        {
            try
            {
                await callback().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // The application's own, as the summary says.
                SessionsLog.CleanupThrew(_logger, e);
            }
        }
    }
}
