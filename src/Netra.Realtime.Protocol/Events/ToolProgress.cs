using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>How far a call is; only the newest of a call counts.</summary>
public sealed record ToolProgress : AgentEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => EventTypes.ToolProgress;

    /// <summary>The call.</summary>
    [JsonPropertyName("call_id")]
    public required CallId CallId { get; init; }

    /// <summary>From 0 to 100, if known.</summary>
    [JsonPropertyName("percent")]
    public double? Percent { get; init; }

    /// <summary>What the tool is doing, if it says.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; init; }
}
