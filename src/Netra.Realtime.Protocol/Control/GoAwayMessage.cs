using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>The server drains. What the log still has follows; then it closes with 1012, and the delay to the reconnect counts from there.</summary>
public sealed record GoAwayMessage : ControlMessage
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    [JsonPropertyOrder(-1)]
    public override string Type => "goaway";

    /// <summary>Why.</summary>
    [JsonPropertyName("reason")]
    public required string Reason { get; init; }

    /// <summary>The delay in milliseconds.</summary>
    [JsonPropertyName("reconnect_in_ms")]
    public required long ReconnectInMs { get; init; }
}
