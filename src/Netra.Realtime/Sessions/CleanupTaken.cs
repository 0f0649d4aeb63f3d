namespace Netra.Realtime.Sessions;

/// <summary>The registration of a callback that was called at once: there is nothing to take back.</summary>
internal sealed class CleanupTaken : IDisposable
{
    public static readonly CleanupTaken Instance = new();

    public void Dispose()
    {
    }
}
