using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>What a user's log holds at one moment.</summary>
/// <param name="Events">The retained events, oldest first, coalesced as for a reader that is behind.</param>
/// <param name="TrimmedEvents">How many have left the log by its bounds, or with an evicted session, in this epoch.</param>
public sealed record LogSnapshot(IReadOnlyList<AgentEvent> Events, long TrimmedEvents);
