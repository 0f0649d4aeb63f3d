using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>Remember this as <c>last_event_id</c>: everything up to it is either sent or not for this connection.</summary>
public sealed record CursorMessage : ControlMessage
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    [JsonPropertyOrder(-1)]
    public override string Type => "cursor";

    /// <summary>The position.</summary>
    [JsonPropertyName("id")]
    public required EventId Id { get; init; }
}
