namespace Netra.Realtime.TestSupport.Faults;

/// <summary>What becomes of one connection through a <see cref="FaultProxy"/>.</summary>
/// <param name="Kind">How it breaks.</param>
/// <param name="AfterBytes">After exactly so many bytes of the server have reached the client.</param>
internal sealed record Fault(FaultKind Kind, long AfterBytes)
{
    public static readonly Fault None = new(FaultKind.None, long.MaxValue);

    /// <summary>How many bytes of the server go through in a second; 0: as many as come.</summary>
    public int BytesPerSecond { get; init; }
}

internal enum FaultKind
{
    None,

    /// <summary>Both sides see an end.</summary>
    Close,

    /// <summary>Both sides see a reset, which may overtake bytes that were not read yet.</summary>
    Reset,

    /// <summary>Nothing goes through any more, in neither direction, and nobody is told.</summary>
    Stall,
}
