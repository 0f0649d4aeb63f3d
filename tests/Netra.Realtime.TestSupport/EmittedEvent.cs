using System.Text.Json;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.TestSupport;

/// <summary>One emitted id: a delta is one, and its content the text that it added.</summary>
internal sealed record EmittedEvent(EventId Id, string? Thread, string? Run, string Type, int Part, string Content)
{
    /// <summary>Whether a client may do without: a newer one may have come in its place, or it was told that it falls out.</summary>
    public bool MayBeMissing { get; init; }

    /// <summary>Whether an event that came is this one, or text that this is in.</summary>
    public bool IsPartOf(AgentEvent received) =>
        (Type, Run, Thread, Part) == (received.Type, received.RunId?.Value, received.ThreadId?.Value, PartOf(received));

    /// <summary>What an event says, as <see cref="Content"/> says it.</summary>
    public static string ContentOf(AgentEvent received) => received switch
    {
        AgentStarted started => started.Message ?? "",
        AgentThinking text => text.Delta,
        AgentResponding text => text.Delta,
        ToolExecuting tool => $"{tool.CallId} {tool.Tool} {tool.Input}",
        ToolProgress tool => $"{tool.CallId} {tool.Percent} {tool.Message}",
        ToolCompleted tool => $"{tool.CallId} {tool.Status} {tool.Output}{(tool.Error is { } error ? $"{error.Code} {error.Message}" : "")}",
        AgentCompleted completed => JsonSerializer.Serialize(completed.Result),
        AgentFailed failed => $"{failed.Reason} {failed.Error?.Code} {failed.Error?.Message}",
        CustomEvent custom => custom.Payload.ToString(),
        _ => "",
    };

    private static int PartOf(AgentEvent received) => received switch { AgentThinking text => text.Part, AgentResponding text => text.Part, _ => 0 };
}
