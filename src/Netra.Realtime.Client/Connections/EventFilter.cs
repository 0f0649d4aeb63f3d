using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Connections;

/// <summary>What the server lets through; null lets all through. Immutable.</summary>
internal sealed record EventFilter(IReadOnlySet<ThreadId>? Threads, IReadOnlySet<RunId>? Runs)
{
    /// <summary>Whether a URL with the other has said it: that has no words for a list without entries.</summary>
    public bool IsSaidBy(EventFilter url) => this == url && Threads?.Count != 0 && Runs?.Count != 0;

    /// <summary>As the server sees it: both are to be met, but what has no thread passes every filter.</summary>
    public bool Passes(ThreadId? thread, RunId? run) =>
        thread is null || ((Threads is null || Threads.Contains(thread.Value)) && (Runs is null || (run is not null && Runs.Contains(run.Value))));
}
