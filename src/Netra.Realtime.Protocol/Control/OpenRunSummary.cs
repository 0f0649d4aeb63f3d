using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>A run that has not ended, in <c>welcome.open_runs</c>.</summary>
public sealed record OpenRunSummary
{
    /// <summary>The run.</summary>
    [JsonPropertyName("run_id")]
    public required RunId RunId { get; init; }

    /// <summary>Its thread, if it has one.</summary>
    [JsonPropertyName("thread_id")]
    public ThreadId? ThreadId { get; init; }

    /// <summary>The name of its agent.</summary>
    [JsonPropertyName("agent")]
    public string? Agent { get; init; }

    /// <summary>False when the beginning of the run no longer fits the window.</summary>
    [JsonPropertyName("complete")]
    public required bool Complete { get; init; }
}
