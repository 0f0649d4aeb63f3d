using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>A client message was refused. The text never carries internals.</summary>
public sealed record ErrorMessage : ControlMessage
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    [JsonPropertyOrder(-1)]
    public override string Type => "error";

    /// <summary>The <c>ref</c> of the client message that this answers.</summary>
    [JsonPropertyName("ref")]
    public string? Ref { get; init; }

    /// <summary>One of <see cref="ErrorCodes"/>, or a code of the application.</summary>
    [JsonPropertyName("code")]
    public required string Code { get; init; }

    /// <summary>A sentence for a developer.</summary>
    [JsonPropertyName("message")]
    public required string Message { get; init; }
}
