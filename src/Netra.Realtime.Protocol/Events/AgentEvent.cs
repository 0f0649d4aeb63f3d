using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>An event of a user's log: the envelope. The derived records are the payloads.</summary>
public abstract record AgentEvent : ServerMessage
{
    /// <summary>Position in the user's log; of a coalesced event the last that it covers.</summary>
    [JsonIgnore]
    public EventId Id { get; init; }

    /// <summary>The first id that a coalesced event covers; null for one that stands for itself.</summary>
    [JsonIgnore]
    public EventId? First { get; init; }

    /// <summary>When it happened, UTC with milliseconds; of a coalesced event the last one's.</summary>
    [JsonIgnore]
    public DateTimeOffset Timestamp { get; init; }

    /// <summary>The conversation, if the event belongs to one.</summary>
    [JsonIgnore]
    public ThreadId? ThreadId { get; init; }

    /// <summary>The run, if the event belongs to one.</summary>
    [JsonIgnore]
    public RunId? RunId { get; init; }

    /// <summary>The name of the agent, if there is one.</summary>
    [JsonIgnore]
    public string? Agent { get; init; }

    /// <summary>The room through which the event came, if it did.</summary>
    [JsonIgnore]
    public RoomId? Room { get; init; }

    /// <summary>Fields that were too long and were cut or left out, with their size in bytes as far as it was counted.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, long>? Truncated { get; init; }
}
