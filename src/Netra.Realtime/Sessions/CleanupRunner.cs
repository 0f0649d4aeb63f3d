using Microsoft.Extensions.Logging;

namespace Netra.Realtime.Sessions;

/// <summary>Calls the application's clean-up on the pool, one callback after the other. What one throws is logged, and the rest go on.</summary>
internal sealed class CleanupRunner(ILogger logger)
{
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
                ReportSafely(e);
            }
        }
    }

    private void ReportSafely(Exception exception)
    {
        try
        {
            SessionsLog.CleanupThrew(logger, exception);
        }
        catch (Exception)
        {
            // A logger that throws is no reason to leave the rest out.
        }
    }
}
