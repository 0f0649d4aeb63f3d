using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Administration;

/// <summary>What is kept of one user, of one moment.</summary>
public sealed record UserSnapshot
{
    /// <summary>The user.</summary>
    public required UserId User { get; init; }

    /// <summary>Its connections, the oldest first.</summary>
    public required IReadOnlyList<ConnectionSnapshot> Connections { get; init; }

    /// <summary>Its runs that have not ended.</summary>
    public required IReadOnlyList<RunSnapshot> OpenRuns { get; init; }

    /// <summary>The newest event of its log.</summary>
    public required EventId LastEventId { get; init; }

    /// <summary>The entries of its log; a stretch of text of one part counts as one.</summary>
    public required int LogEntries { get; init; }

    /// <summary>Their bytes.</summary>
    public required int LogBytes { get; init; }

    /// <summary>How many rooms it is in.</summary>
    public required int Rooms { get; init; }
}
