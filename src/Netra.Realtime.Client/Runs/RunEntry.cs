namespace Netra.Realtime.Client.Runs;

/// <summary>One step of a run: a <see cref="RunText"/> or a <see cref="RunTool"/>. Immutable.</summary>
public abstract record RunEntry
{
    private protected RunEntry()
    {
    }

    /// <summary>Fields that were too long and were cut or left out, with their size in bytes.</summary>
    public IReadOnlyDictionary<string, long>? Truncated { get; init; }
}
