using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Administration;

/// <summary>One connection, of one moment. What cannot be known is null: a transport that shows no pongs tells nothing of its peer's health.</summary>
public sealed record ConnectionSnapshot
{
    /// <summary>The connection.</summary>
    public required ConnectionId Id { get; init; }

    /// <summary>The client instance, if it named itself.</summary>
    public ClientId? Client { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary>The bytes that wait for it: in the log, or in a flush.</summary>
    public required long PendingBytes { get; init; }

    /// <summary>What the heartbeat holds the peer to be.</summary>
    public HealthState? State { get; init; }

    /// <summary>From 0 to 100: begins with 100, a missed ping takes 25, an answer gives 10.</summary>
    public int? HealthScore { get; init; }

    /// <summary>Whether the score is above 50.</summary>
    public bool? IsHealthy => HealthScore is { } score ? score > 50 : null;

    /// <summary>From a ping to its answer; null before the first answer too.</summary>
    public RoundTripFigures? RoundTrip { get; init; }
}
