namespace Netra.Realtime.Protocol;

/// <summary>A message from a client.</summary>
/// <param name="Type">The type on the wire.</param>
/// <param name="Ref">What the <c>reply</c> or <c>error</c> carries back, at most 64 units; null when the client gave none.</param>
public abstract record ClientMessage(string Type, string? Ref);
