using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Connections;

/// <summary>Who connects, and from where in the log.</summary>
public sealed record ConnectionRequest
{
    /// <summary>The user, from the authenticated principal. A connection's identity never changes.</summary>
    public required UserId User { get; init; }

    /// <summary>The client instance; a newcomer with the same one supersedes.</summary>
    public ClientId? Client { get; init; }

    /// <summary>The id of the last event that the client handled, as it came; null when it has none.</summary>
    public string? LastEventId { get; init; }

    /// <summary>Where to begin without <see cref="LastEventId"/>.</summary>
    public ReplayStart Start { get; init; }

    /// <summary>Only events of these threads; null for all.</summary>
    public IReadOnlySet<ThreadId>? Threads { get; init; }

    /// <summary>Only events of these runs; null for all.</summary>
    public IReadOnlySet<RunId>? Runs { get; init; }

    /// <summary>When the credentials run out: the connection is closed with 4401 then. Null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
