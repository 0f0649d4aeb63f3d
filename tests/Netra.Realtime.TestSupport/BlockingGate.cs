namespace Netra.Realtime.TestSupport;

/// <summary>Blocks threads until it is opened, as a bad callback does. The net keeps a test that fails from hanging.</summary>
internal sealed class BlockingGate : IDisposable
{
    private readonly ManualResetEventSlim _open = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isOpen;

    /// <summary>Completes when somebody blocks.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Whether nobody was let go before <see cref="Open"/>.</summary>
    public bool Held { get; private set; } = true;

    public void Block()
    {
        _reached.TrySetResult();
        _open.Wait(TestTimeout.Net);
        Held &= _isOpen;
    }

    public void Open()
    {
        _isOpen = true;
        _open.Set();
    }

    public void Dispose() => Open(); // the event stays: whoever is blocked still uses it
}
