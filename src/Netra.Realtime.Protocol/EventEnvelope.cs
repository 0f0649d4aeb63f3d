using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>The envelope of an event as it stands on the wire, before its payload is understood.</summary>
internal sealed record EventEnvelope
{
    [JsonPropertyName("id")]
    public required EventId Id { get; init; }

    [JsonPropertyName("first")]
    public EventId? First { get; init; }

    [JsonPropertyName("type")]
    public required string Type { get; init; }

    [JsonPropertyName("ts")]
    public required DateTimeOffset Timestamp { get; init; }

    [JsonPropertyName("thread_id")]
    public ThreadId? ThreadId { get; init; }

    [JsonPropertyName("run_id")]
    public RunId? RunId { get; init; }

    [JsonPropertyName("agent")]
    public string? Agent { get; init; }

    [JsonPropertyName("room")]
    public RoomId? Room { get; init; }

    [JsonPropertyName("payload")]
    public JsonElement Payload { get; init; }

    [JsonPropertyName("truncated")]
    public Dictionary<string, long>? Truncated { get; init; }
}
