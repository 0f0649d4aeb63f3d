using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>The run ended well: its terminal event.</summary>
public sealed record AgentCompleted : AgentEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => EventTypes.AgentCompleted;

    /// <summary>The result, after sanitizing.</summary>
    [JsonPropertyName("result")]
    public JsonElement? Result { get; init; }

    /// <summary>Of the whole run, in milliseconds.</summary>
    [JsonPropertyName("duration_ms")]
    public required long DurationMs { get; init; }

    /// <summary>What the run used, such as tokens, as the application counts it.</summary>
    [JsonPropertyName("usage")]
    public JsonElement? Usage { get; init; }
}
