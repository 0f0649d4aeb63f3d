using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>Which events of the user a connection wants. Immutable; both halves have to be met.</summary>
internal sealed record EventFilter(IReadOnlySet<ThreadId>? Threads, IReadOnlySet<RunId>? Runs)
{
    public static readonly EventFilter All = new(null, null);

    /// <summary>Whether the connection wants it. What belongs to no thread passes every filter: it is about the user as such.</summary>
    public bool Matches(ThreadId? thread, RunId? run) =>
        thread is null
        || ((Threads is null || Threads.Contains(thread.Value)) && (Runs is null || (run is not null && Runs.Contains(run.Value))));

    public EventFilter With(FilterChange<ThreadId> threads, FilterChange<RunId> runs) =>
        new(threads.Changes ? threads.Ids : Threads, runs.Changes ? runs.Ids : Runs);
}
