using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>A tool was called.</summary>
public sealed record ToolExecuting : AgentEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => EventTypes.ToolExecuting;

    /// <summary>Pairs this event with the completion.</summary>
    [JsonPropertyName("call_id")]
    public required CallId CallId { get; init; }

    /// <summary>The name of the tool.</summary>
    [JsonPropertyName("tool")]
    public required string Tool { get; init; }

    /// <summary>What the tool was called with, after sanitizing.</summary>
    [JsonPropertyName("input")]
    public JsonElement? Input { get; init; }
}
