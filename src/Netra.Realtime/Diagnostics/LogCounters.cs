namespace Netra.Realtime.Diagnostics;

/// <summary>What the logs of a host count, under their gates: plain numbers, because a listener of a meter must never run under a lock.</summary>
internal sealed class LogCounters
{
    private long _undelivered;
    private long _superseded;
    private long _resets;
    private long _overruns;
    private long _openRuns;
    private long _shed;
    private long _undeliveredText;
    private long _unhandled;

    /// <summary>Events that left their log without having been flushed to any connection.</summary>
    public long Undelivered => Volatile.Read(ref _undelivered);

    /// <summary>How many of these were pieces of text.</summary>
    public long UndeliveredText => Volatile.Read(ref _undeliveredText);

    /// <summary>Of the rest, what had to be delivered and the application's handler did not take either: it threw, or too much waited for it.</summary>
    public long Unhandled => Volatile.Read(ref _unhandled);

    /// <summary>Events that a newer one made pointless.</summary>
    public long Superseded => Volatile.Read(ref _superseded);

    /// <summary>Connections that were told <c>reset</c> because unread events left the window.</summary>
    public long Resets => Volatile.Read(ref _resets);

    /// <summary>Connections that fell out of the window while a flush hung.</summary>
    public long Overruns => Volatile.Read(ref _overruns);

    /// <summary>Runs that have not ended.</summary>
    public long OpenRuns => Volatile.Read(ref _openRuns);

    public void NoteRunStarted() => Interlocked.Increment(ref _openRuns);

    public void NoteRunEnded() => Interlocked.Decrement(ref _openRuns);

    /// <summary>Events that were refused because the host was hard pressed.</summary>
    public long Shed => Volatile.Read(ref _shed);

    public void NoteUndelivered(bool isText)
    {
        Interlocked.Increment(ref _undelivered);
        if (isText)
        {
            Interlocked.Increment(ref _undeliveredText);
        }
    }

    public void NoteSuperseded() => Interlocked.Increment(ref _superseded);

    public void NoteUnhandled(int count) => Interlocked.Add(ref _unhandled, count);

    public void NoteReset() => Interlocked.Increment(ref _resets);

    public void NoteOverrun() => Interlocked.Increment(ref _overruns);

    public void NoteShed() => Interlocked.Increment(ref _shed);
}
