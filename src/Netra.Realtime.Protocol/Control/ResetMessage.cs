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

    /// <summary>The runs that may have events after it, whatever the filter: one that is shown as open and is not here was interrupted. Null: nothing is said of them.</summary>
    [JsonPropertyName("runs")]
    public IReadOnlyList<RunId>? Runs { get; init; }
}
