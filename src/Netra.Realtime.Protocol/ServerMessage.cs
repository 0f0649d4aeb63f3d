using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>Anything that a server sends: an <see cref="AgentEvent"/> of the log, or a <see cref="ControlMessage"/>.</summary>
public abstract record ServerMessage
{
    /// <summary>The <c>type</c> on the wire.</summary>
    [JsonIgnore] // the derived records say how it is written; System.Text.Json would count an inherited name twice
    public abstract string Type { get; }
}
