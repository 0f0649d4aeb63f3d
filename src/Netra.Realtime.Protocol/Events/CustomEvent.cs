using System.Text.Json;

namespace Netra.Realtime.Protocol;

/// <summary>An event of the application's own type, or of a type that this version does not know.</summary>
public sealed record CustomEvent : AgentEvent
{
    /// <summary>Makes an event.</summary>
    /// <param name="type">The type on the wire.</param>
    public CustomEvent(string type) => Type = type;

    /// <inheritdoc/>
    public override string Type { get; }

    /// <summary>The payload as it came; undefined where there was none.</summary>
    public JsonElement Payload { get; init; }
}
