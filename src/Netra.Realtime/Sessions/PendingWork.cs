namespace Netra.Realtime.Sessions;

/// <summary>Counts what runs on the pool for the application, so that the stop of the host can wait for it. Safe for concurrent use.</summary>
internal sealed class PendingWork
{
    private readonly Lock _gate = new();
    private int _running;
    private TaskCompletionSource? _whenIdle;

    /// <summary>Runs something on the pool. It must not throw.</summary>
    public Task Run(Func<Task> work)
    {
        lock (_gate)
        {
            _running++;
        }

        return Task.Run(
            async () =>
            {
                try
                {
                    await work().ConfigureAwait(false);
                }
                finally
                {
                    End();
                }
            },
            CancellationToken.None);
    }

    /// <summary>When nothing runs. While more still comes, that may be between two of them.</summary>
    public Task WhenIdleAsync()
    {
        lock (_gate)
        {
            return _running == 0 ? Task.CompletedTask : (_whenIdle ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private void End()
    {
        lock (_gate)
        {
            if (--_running == 0)
            {
                _whenIdle?.TrySetResult();
                _whenIdle = null;
            }
        }
    }
}
