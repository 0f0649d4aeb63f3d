namespace Netra.Realtime.Protocol;

/// <summary>Everything up to the id is handled by this client.</summary>
/// <param name="Ref">The client's reference.</param>
/// <param name="Id">The id.</param>
public sealed record AckMessage(string? Ref, EventId Id) : ClientMessage("ack", Ref);
