namespace Netra.Realtime.AspNetCore;

/// <summary>Aborts a request once, and never after its end: its context may be that of another request by then.</summary>
/// <remarks>Whatever watches over a connection holds this instead of the context, because a timer may fire while the request ends.</remarks>
/// <param name="abort">Aborts it.</param>
internal sealed class RequestAbort(Action abort)
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Taken by whoever is first: an abort, or the end.
    private int _isTaken;

    public void Abort()
    {
        if (Interlocked.Exchange(ref _isTaken, 1) != 0)
        {
            return;
        }

        try
        {
            abort();
        }
        finally
        {
            _over.SetResult();
        }
    }

    /// <summary>From here on nothing is aborted. To be awaited before the request ends.</summary>
    /// <returns>When an abort that is under way is over.</returns>
    public Task EndAsync()
    {
        if (Interlocked.Exchange(ref _isTaken, 1) == 0)
        {
            _over.SetResult();
        }

        return _over.Task;
    }
}
