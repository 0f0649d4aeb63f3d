using System.Text.Json;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Runs;

/// <summary>What is known of a run, at one moment. Immutable.</summary>
/// <param name="RunId">The run.</param>
public sealed record RunView(RunId RunId)
{
    /// <summary>How far it is.</summary>
    public RunStatus Status { get; init; }

    /// <summary>False when something of the run was never received.</summary>
    public bool IsComplete { get; init; } = true;

    /// <summary>The conversation, if it belongs to one.</summary>
    public ThreadId? ThreadId { get; init; }

    /// <summary>The name of the agent, if it has one.</summary>
    public string? Agent { get; init; }

    /// <summary>The run that started this one, if one did.</summary>
    public RunId? ParentRunId { get; init; }

    /// <summary>What it was started with.</summary>
    public string? Message { get; init; }

    /// <summary>When it started; null when its beginning was never received.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended; null while it runs, and when nobody knows.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Texts and tool calls in the order in which they began.</summary>
    public IReadOnlyList<RunEntry> Timeline { get; init; } = [];

    /// <summary>What came out.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>What it used up.</summary>
    public JsonElement? Usage { get; init; }

    /// <summary>Why it failed.</summary>
    public EventError? Error { get; init; }

    /// <summary>Fields of the run itself that were too long and were cut or left out, with their size in bytes.</summary>
    public IReadOnlyDictionary<string, long>? Truncated { get; init; }

    /// <summary>The texts, by part.</summary>
    public IEnumerable<RunText> Texts => Timeline.OfType<RunText>();

    /// <summary>The tool calls.</summary>
    public IEnumerable<RunTool> Tools => Timeline.OfType<RunTool>();

    /// <summary>The tool calls that have not ended.</summary>
    public IEnumerable<RunTool> OpenTools => Tools.Where(tool => tool.Status is null);

    /// <summary>All that it answered, the parts one after the other.</summary>
    public string Answer => string.Concat(Texts.Where(text => text.Kind == RunTextKind.Responding).Select(text => text.Text));
}
