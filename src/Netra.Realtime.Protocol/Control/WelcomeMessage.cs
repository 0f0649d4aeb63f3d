using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>The first message of every connection: who it is, and where it begins.</summary>
public sealed record WelcomeMessage : ControlMessage
{
    /// <inheritdoc/>
    [JsonPropertyName("type")]
    [JsonPropertyOrder(-1)]
    public override string Type => "welcome";

    /// <summary>This connection.</summary>
    [JsonPropertyName("connection_id")]
    public required ConnectionId ConnectionId { get; init; }

    /// <summary>The user, without the tenant.</summary>
    [JsonPropertyName("user_id")]
    public required string UserId { get; init; }

    /// <summary>The life of the user's log.</summary>
    [JsonPropertyName("epoch")]
    public required string Epoch { get; init; }

    /// <summary>The head of the log now.</summary>
    [JsonPropertyName("last_event_id")]
    public required EventId LastEventId { get; init; }

    /// <summary>Whether everything after the given <c>last_event_id</c> follows.</summary>
    [JsonPropertyName("resumed")]
    public required bool Resumed { get; init; }

    /// <summary>Why it was not resumed.</summary>
    [JsonPropertyName("reset")]
    public ResetReason? Reset { get; init; }

    /// <summary>The runs that have not ended, as far as the filter lets them through.</summary>
    [JsonPropertyName("open_runs")]
    public required IReadOnlyList<OpenRunSummary> OpenRuns { get; init; }

    /// <summary>The numbers of the heartbeat.</summary>
    [JsonPropertyName("heartbeat")]
    public required HeartbeatSettings Heartbeat { get; init; }

    /// <summary>What a client may send.</summary>
    [JsonPropertyName("limits")]
    public required ClientLimits Limits { get; init; }

    /// <summary>The clock of the server, UTC.</summary>
    [JsonPropertyName("server_time")]
    [JsonConverter(typeof(UtcMillisecondsConverter))]
    public required DateTimeOffset ServerTime { get; init; }
}
