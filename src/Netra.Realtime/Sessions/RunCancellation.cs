namespace Netra.Realtime.Sessions;

/// <summary>How an agent is asked to stop. It knows nothing of the agent's emitter: the run outlives an owner that is gone, and shows it.</summary>
/// <remarks>Safe to call concurrently. Asking runs the callbacks of the agent: guard it, and never ask under a lock.</remarks>
internal sealed class RunCancellation : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private volatile bool _isInterrupted;

    public RunCancellation() => Token = _source.Token;

    public CancellationToken Token { get; }

    /// <summary>Whether it was the stop of the host that asked first.</summary>
    public bool IsInterrupted => _isInterrupted;

    public void Request()
    {
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The run ended in the same moment: there is nothing left to cancel.
        }
    }

    /// <summary>The host stops.</summary>
    public void Interrupt()
    {
        _isInterrupted |= !Token.IsCancellationRequested; // whoever came first says why; coming twice changes nothing
        Request();
    }

    /// <summary>Asks on a stack of its own: an agent whose callbacks block or throw concerns no other.</summary>
    /// <param name="ask"><see cref="Request"/> or <see cref="Interrupt"/>.</param>
    /// <param name="report">Told what a callback threw; it must not throw.</param>
    public static void OnPool(Action ask, Action<Exception> report) => ThreadPool.UnsafeQueueUserWorkItem(
        static work =>
        {
            try
            {
                work.Ask();
            }
            catch (Exception e)
            {
                // An exception here would end the process; the run is cancelled all the same.
                work.Report(e);
            }
        },
        (Ask: ask, Report: report),
        preferLocal: false);

    /// <summary>The run has ended. One whose owner is gone is not disposed of: the source holds nothing but memory.</summary>
    public void Dispose() => _source.Dispose();
}
