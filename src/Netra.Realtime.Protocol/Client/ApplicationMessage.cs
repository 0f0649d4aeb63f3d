using System.Text.Json;

namespace Netra.Realtime.Protocol;

/// <summary>Any other message: the application's, or one that the server handles by a table.</summary>
/// <param name="Type">The type on the wire.</param>
/// <param name="Ref">The client's reference.</param>
/// <param name="ThreadId">The thread that it is about, if it says so.</param>
/// <param name="RunId">The run that it is about, if it says so.</param>
/// <param name="Body">The whole message, type and all.</param>
public sealed record ApplicationMessage(string Type, string? Ref, ThreadId? ThreadId, RunId? RunId, JsonElement Body) : ClientMessage(Type, Ref);
