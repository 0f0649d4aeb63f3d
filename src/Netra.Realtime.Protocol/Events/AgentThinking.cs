using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>A piece of the agent's thinking: text that continues the part.</summary>
public sealed record AgentThinking : AgentEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => EventTypes.AgentThinking;

    /// <summary>The text that is new.</summary>
    [JsonPropertyName("delta")]
    public required string Delta { get; init; }

    /// <summary>The text it belongs to: from 1, over thinking and responding together.</summary>
    [JsonPropertyName("part")]
    public required int Part { get; init; }
}
