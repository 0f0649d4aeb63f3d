namespace Netra.Realtime.TestSupport.Faults;

/// <summary>What becomes of one connection through a <see cref="FaultProxy"/>.</summary>
/// <param name="Kind">How it breaks.</param>
/// <param name="AfterBytes">After exactly so many bytes have gone through in the direction <see cref="To"/>.</param>
internal sealed record Fault(FaultKind Kind, long AfterBytes)
{
    public static readonly Fault None = new(FaultKind.None, long.MaxValue);

    /// <summary>Whose bytes are counted; of the kinds that break one direction only, which one.</summary>
    public FaultSide To { get; init; }

    /// <summary>How many bytes go through in a second in that direction; 0: as many as come. Of a trickle from its beginning on, else from the first byte.</summary>
    public int BytesPerSecond { get; init; }

    /// <summary>After how many bytes a trickle ends in a <see cref="FaultKind.Close"/>.</summary>
    public long TrickleBytes { get; init; } = long.MaxValue;

    /// <summary>After so many bytes in the other direction the line ends in a <see cref="FaultKind.Close"/>, if it has not broken by then: who sends little would never break it.</summary>
    public long OtherBytes { get; init; } = long.MaxValue;

    /// <summary>Whether nobody is told that something does not come any more.</summary>
    public bool IsSilent => Kind is FaultKind.Stall or FaultKind.HalfStall;
}

/// <summary>One end of a connection.</summary>
internal enum FaultSide
{
    Client,
    Server,
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

    /// <summary>One side sees an end; what it sends still goes through, and the other side is not told.</summary>
    HalfClose,

    /// <summary>One side gets nothing any more and is not told; what it sends still goes through.</summary>
    HalfStall,

    /// <summary>The rest comes a few bytes at a time.</summary>
    Trickle,
}
