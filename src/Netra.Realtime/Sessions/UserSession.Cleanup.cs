namespace Netra.Realtime.Sessions;

/// <content>What the application wants done at the end of this session, or of one of its runs.</content>
internal sealed partial class UserSession
{
    // Guarded by the gate. Few users have any.
    private CleanupStack? _cleanups;

    /// <summary>What is to be called when nothing more is kept of this user.</summary>
    /// <returns>Null: the session is evicted, so ask the directory for another.</returns>
    public CleanupStack? Cleanups()
    {
        lock (_gate)
        {
            if (IsEvictedLocked)
            {
                return null;
            }

            RetireIfUnusedLocked(); // from now on again, as after an event
            return _cleanups ??= new CleanupStack();
        }
    }

    /// <summary>What is to be called when a run has ended; null when it has.</summary>
    public CleanupStack? CleanupsOf(OpenRun run)
    {
        lock (_gate)
        {
            return run.HasEnded ? null : run.Cleanups ??= new CleanupStack();
        }
    }

    /// <summary>The end of the session, or of the host: of the runs that are still open, then of the session.</summary>
    public IReadOnlyList<Func<ValueTask>> EndCleanups()
    {
        lock (_gate)
        {
            return [.. _openRuns.Values.SelectMany(run => run.Cleanups?.End() ?? []), .. _cleanups?.End() ?? []];
        }
    }
}
