using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>A run that has not ended, of one moment.</summary>
public sealed record RunSnapshot
{
    /// <summary>The run.</summary>
    public required RunId Id { get; init; }

    /// <summary>Its conversation, or null.</summary>
    public ThreadId? Thread { get; init; }

    /// <summary>The name of the agent.</summary>
    public required string Agent { get; init; }

    /// <summary>For how long it has been running.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The names of the tools whose calls have not completed.</summary>
    public required IReadOnlyList<string> OpenTools { get; init; }
}
