using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>The server drains: reconnect after the delay, with <c>last_event_id</c>.</summary>
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
