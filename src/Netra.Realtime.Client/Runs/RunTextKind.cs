namespace Netra.Realtime.Client.Runs;

/// <summary>What a text is.</summary>
public enum RunTextKind
{
    /// <summary>What the agent thinks.</summary>
    Thinking,

    /// <summary>What it answers.</summary>
    Responding,
}
