using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>What became of a connect, and what the welcome says.</summary>
internal sealed record ConnectResult(ConnectStatus Status)
{
    public LogCursor? Superseded { get; init; }

    public EventId Head { get; init; }

    public bool Resumed { get; init; }

    public ResetReason? Reset { get; init; }

    public IReadOnlyList<OpenRunSummary> OpenRuns { get; init; } = [];
}
