namespace Netra.Realtime.Protocol;

/// <summary>Replaces the filter of the connection from here on.</summary>
/// <param name="Ref">The client's reference.</param>
/// <param name="Threads">The threads.</param>
/// <param name="Runs">The runs.</param>
public sealed record SubscribeMessage(string? Ref, FilterChange<ThreadId> Threads, FilterChange<RunId> Runs) : ClientMessage("subscribe", Ref);
