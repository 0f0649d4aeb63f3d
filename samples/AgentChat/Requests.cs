using System.Text.Json.Serialization;
using Netra.Realtime.Protocol;

namespace AgentChat;

public sealed record LoginRequest([property: JsonPropertyName("user")] string? User);

public sealed record RunRequest(
    [property: JsonPropertyName("thread_id")] string? ThreadId,
    [property: JsonPropertyName("question")] string? Question);

public sealed record RunResponse([property: JsonPropertyName("run_id")] RunId RunId);
