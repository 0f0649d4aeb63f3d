using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Connections;

/// <summary>What the server lets through; null lets all through. Immutable.</summary>
internal sealed record EventFilter(IReadOnlySet<ThreadId>? Threads, IReadOnlySet<RunId>? Runs)
{
    /// <summary>Whether it has a list without entries, for which a URL has no words.</summary>
    public bool HasEmpty => Threads?.Count == 0 || Runs?.Count == 0;

    /// <summary>As the server sees it: both are to be met, and what has no thread passes the threads.</summary>
    public bool Passes(ThreadId? thread, RunId run) =>
        (Threads is null || thread is null || Threads.Contains(thread.Value)) && (Runs is null || Runs.Contains(run));
}
