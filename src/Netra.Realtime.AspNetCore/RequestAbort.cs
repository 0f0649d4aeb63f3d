namespace Netra.Realtime.AspNetCore;

/// <summary>Aborts a request once, and never after its end: its context may be that of another request by then.</summary>
/// <remarks>Whatever watches over a connection holds this instead of the context, because a timer may fire while the request ends.</remarks>
/// <param name="abort">Aborts it.</param>
internal sealed class RequestAbort(Action abort)
{
    private static readonly TaskCompletionSource Ended = CompletedSource();

    // Set by whoever is first, an abort or the end: when that is over.
    private TaskCompletionSource? _over;

    public void Abort()
    {
        TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _over, over, null) is not null)
        {
            return;
        }

        try
        {
            abort();
        }
        finally
        {
            over.SetResult();
        }
    }

    /// <summary>From here on nothing is aborted. To be awaited before the request ends.</summary>
    /// <returns>When an abort that is under way is over.</returns>
    public Task EndAsync() => (Interlocked.CompareExchange(ref _over, Ended, null) ?? Ended).Task;

    private static TaskCompletionSource CompletedSource()
    {
        TaskCompletionSource source = new();
        source.SetResult();
        return source;
    }
}
