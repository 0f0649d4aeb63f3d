using Netra.Realtime.Protocol;

namespace Netra.Realtime.Connections;

/// <summary>Which connection it is that came or went.</summary>
/// <param name="Id">The connection.</param>
/// <param name="User">The user.</param>
/// <param name="Client">The client instance, if it named itself.</param>
/// <param name="ConnectedAt">Since when.</param>
public sealed record ConnectionInfo(ConnectionId Id, UserId User, ClientId? Client, DateTimeOffset ConnectedAt);
