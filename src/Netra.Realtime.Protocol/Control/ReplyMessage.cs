using System.Text.Json;
using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>A client message that carried a <c>ref</c> was accepted by its handler.</summary>
public sealed record ReplyMessage : ControlMessage
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    [JsonPropertyOrder(-1)]
    public override string Type => "reply";

    /// <summary>The <c>ref</c> of the client message that this answers.</summary>
    [JsonPropertyName("ref")]
    public string? Ref { get; init; }

    /// <summary>What the handler answered, if anything.</summary>
    [JsonPropertyName("data")]
    public JsonElement? Data { get; init; }
}
