using System.Text.Json;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Runs;

/// <summary>One call of a tool.</summary>
/// <param name="CallId">The call.</param>
public sealed record RunTool(CallId CallId) : RunEntry
{
    /// <summary>The name of the tool; empty when its beginning was never received.</summary>
    public string Tool { get; init; } = "";

    /// <summary>How it ended; null while it is open.</summary>
    public ToolStatus? Status { get; init; }

    /// <summary>What it was called with.</summary>
    public JsonElement? Input { get; init; }

    /// <summary>How far it is, from 0 to 100, if it says.</summary>
    public double? Percent { get; init; }

    /// <summary>What it is doing, if it says.</summary>
    public string? Progress { get; init; }

    /// <summary>What came out.</summary>
    public JsonElement? Output { get; init; }

    /// <summary>Why it failed.</summary>
    public EventError? Error { get; init; }

    /// <summary>From the call to its end.</summary>
    public TimeSpan? Duration { get; init; }
}
