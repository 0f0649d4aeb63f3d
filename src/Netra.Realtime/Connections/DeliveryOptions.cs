namespace Netra.Realtime.Connections;

/// <summary>How long the library waits for a peer.</summary>
public sealed class DeliveryOptions
{
    /// <summary>
    /// How long a flush of at most 16 KiB may make no progress before the first attempt counts as failed. Retries wait half, once
    /// and twice as long more on the same flush; then the connection is closed with 4408. Default 2 s (so 9 s in all), from 10 ms to 1 h.
    /// </summary>
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The kernel's send buffer of each connection's socket (<c>SO_SNDBUF</c>), where the host shows it. It bounds what a peer that does not read
    /// holds there, and makes waiting visible early. Default 128 KiB, from 4 KiB to 64 MiB; 0 leaves it to the kernel.
    /// </summary>
    public int SendBufferBytes { get; set; } = 128 * 1024;

    /// <summary>How long a close may take before the socket is aborted. Default 5 s, from 10 ms to 1 min.</summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long runs may take to end when the host stops, before they are ended as <c>interrupted</c>. Default 5 s, from 0 to 10 min.
    /// With up to three times <see cref="CloseTimeout"/> for the goodbye after it, it has to fit into <c>HostOptions.ShutdownTimeout</c> (30 s by default): when
    /// that is over, whatever is still going on is cut short.</summary>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>When the host stops, each client is told by <c>goaway</c> to come back after a random time up to this, so that they do not come
    /// back as one wave. Default 5 s, from 0 to 10 min.</summary>
    public TimeSpan ReconnectWithin { get; set; } = TimeSpan.FromSeconds(5);
}
