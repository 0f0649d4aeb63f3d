using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>Answer to a client's <c>ping</c>.</summary>
public sealed record PongMessage : ControlMessage
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    [JsonPropertyOrder(-1)]
    public override string Type => "pong";

    /// <summary>The <c>ref</c> of the client message that this answers.</summary>
    [JsonPropertyName("ref")]
    public string? Ref { get; init; }
}
