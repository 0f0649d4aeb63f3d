using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>What went wrong, in a form that may be shown: never an exception's text.</summary>
/// <param name="Code">A short name for programs.</param>
/// <param name="Message">A sentence for people, chosen by the application; at most 300 characters by default.</param>
public sealed record EventError(
    [property: JsonPropertyName("code")] string Code,
    [property: JsonPropertyName("message")] string Message);
