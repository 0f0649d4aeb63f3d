namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>What a peer may cost beside the bytes of its messages.</summary>
internal sealed record FramingLimits
{
    public static readonly FramingLimits Default = new();

    /// <summary>The most frames of one message.</summary>
    public int MaxFragments { get; init; } = 128;

    /// <summary>How many pings and pongs a peer may send at once, and how many a second lastingly: each costs a write.</summary>
    public int ControlFrameBurst { get; init; } = 128;

    /// <inheritdoc cref="ControlFrameBurst"/>
    public int ControlFramesPerSecond { get; init; } = 16;

    /// <summary>While a message, or a frame, is not finished, each time that this has passed…</summary>
    public TimeSpan UnfinishedFramePeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>… at least this many bytes have to have come, or the peer is given up: 240 a second.</summary>
    public int MinBytesPerPeriod { get; init; } = 1_200;

    /// <summary>How long is drained after our close frame was flushed, for a peer that neither answers nor leaves.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(1);
}
