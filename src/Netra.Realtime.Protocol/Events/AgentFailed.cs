using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>The run ended otherwise: its terminal event.</summary>
public sealed record AgentFailed : AgentEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => EventTypes.AgentFailed;

    /// <summary>Why.</summary>
    [JsonPropertyName("reason")]
    public required FailureReason Reason { get; init; }

    /// <summary>More, in words chosen for the user.</summary>
    [JsonPropertyName("error")]
    public EventError? Error { get; init; }

    /// <summary>Of the whole run, in milliseconds.</summary>
    [JsonPropertyName("duration_ms")]
    public required long DurationMs { get; init; }
}
