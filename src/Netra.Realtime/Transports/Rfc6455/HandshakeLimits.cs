namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>What a handshake may cost.</summary>
internal sealed record HandshakeLimits
{
    public static readonly HandshakeLimits Default = new();

    /// <summary>The largest head, all its lines together.</summary>
    public int MaxHeadBytes { get; init; } = 16 * 1024;

    /// <summary>The most fields.</summary>
    public int MaxFields { get; init; } = 100;

    /// <summary>From the first byte that is waited for to the answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long is read after a refusal, so that it arrives.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(1);
}
