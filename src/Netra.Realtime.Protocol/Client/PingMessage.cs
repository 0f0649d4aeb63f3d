namespace Netra.Realtime.Protocol;

/// <summary>Asks for a <c>pong</c>.</summary>
/// <param name="Ref">The client's reference.</param>
public sealed record PingMessage(string? Ref) : ClientMessage("ping", Ref);
