using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>A live connection fell out of the window, or the log was lost: reload your state.</summary>
public sealed record ResetMessage : ControlMessage
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    [JsonPropertyOrder(-1)]
    public override string Type => "reset";

    /// <summary>Why.</summary>
    [JsonPropertyName("reason")]
    public required ResetReason Reason { get; init; }

    /// <summary>What follows is after this.</summary>
    [JsonPropertyName("last_event_id")]
    public required EventId LastEventId { get; init; }
}
