using System.Buffers;

namespace Netra.Realtime.Protocol;

/// <summary>The names of the events that the protocol defines, and the rule for an application's own.</summary>
public static class EventTypes
{
    /// <summary>The first event of a run.</summary>
    public const string AgentStarted = "agent_started";

    /// <summary>A piece of the agent's thinking.</summary>
    public const string AgentThinking = "agent_thinking";

    /// <summary>A piece of the answer.</summary>
    public const string AgentResponding = "agent_responding";

    /// <summary>A tool was called.</summary>
    public const string ToolExecuting = "tool_executing";

    /// <summary>How far a call is; only the newest of a call counts.</summary>
    public const string ToolProgress = "tool_progress";

    /// <summary>A call ended.</summary>
    public const string ToolCompleted = "tool_completed";

    /// <summary>The run ended well: terminal.</summary>
    public const string AgentCompleted = "agent_completed";

    /// <summary>The run ended otherwise: terminal.</summary>
    public const string AgentFailed = "agent_failed";

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_.");

    // The control messages of section 3: an event of the same name could not be told from them.
    private static readonly HashSet<string> ControlTypes = new(StringComparer.Ordinal)
    {
        "welcome", "reset", "reply", "error", "pong", "cursor", "goaway", "auth_expiring",
    };

    /// <summary>Whether an application may use the name for its own events: <c>[a-z][a-z0-9_.]{0,63}</c>, not reserved.</summary>
    /// <param name="type">The name.</param>
    /// <returns>Whether it may be used.</returns>
    public static bool IsCustom(string? type) => IsName(type) && !IsServerOnly(type!) && !ControlTypes.Contains(type!); // IsName refuses null

    /// <summary>Whether a client must never send the name: <c>agent_*</c>, <c>tool_*</c> and <c>input_*</c> are the server's.</summary>
    /// <param name="type">The name.</param>
    /// <returns>Whether it is reserved for the server.</returns>
    public static bool IsServerOnly(string type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type.StartsWith("agent_", StringComparison.Ordinal)
            || type.StartsWith("tool_", StringComparison.Ordinal)
            || type.StartsWith("input_", StringComparison.Ordinal);
    }

    /// <summary>Whether the text has the form of a type name at all: <c>[a-z][a-z0-9_.]{0,63}</c>.</summary>
    /// <param name="type">The text.</param>
    /// <returns>Whether it has.</returns>
    public static bool IsName(string? type) =>
        type is { Length: > 0 and <= 64 } && char.IsAsciiLetterLower(type[0]) && !type.AsSpan().ContainsAnyExcept(NameCharacters);
}
