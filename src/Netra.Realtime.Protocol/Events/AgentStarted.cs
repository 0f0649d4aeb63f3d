using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>The first event of a run.</summary>
public sealed record AgentStarted : AgentEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => EventTypes.AgentStarted;

    /// <summary>What the agent says of its task, if anything.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; init; }

    /// <summary>The run that started this one, if one did.</summary>
    [JsonPropertyName("parent_run_id")]
    public RunId? ParentRunId { get; init; }
}
