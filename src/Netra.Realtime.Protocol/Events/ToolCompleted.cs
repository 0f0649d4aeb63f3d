using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>A call ended.</summary>
public sealed record ToolCompleted : AgentEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => EventTypes.ToolCompleted;

    /// <summary>The call.</summary>
    [JsonPropertyName("call_id")]
    public required CallId CallId { get; init; }

    /// <summary>The name of the tool.</summary>
    [JsonPropertyName("tool")]
    public required string Tool { get; init; }

    /// <summary>How it ended.</summary>
    [JsonPropertyName("status")]
    public required ToolStatus Status { get; init; }

    /// <summary>What came out, after sanitizing.</summary>
    [JsonPropertyName("output")]
    public JsonElement? Output { get; init; }

    /// <summary>Why it failed, in words chosen for the user.</summary>
    [JsonPropertyName("error")]
    public EventError? Error { get; init; }

    /// <summary>From the call to its end, in milliseconds.</summary>
    [JsonPropertyName("duration_ms")]
    public required long DurationMs { get; init; }
}
