namespace Netra.Realtime.Diagnostics;

/// <summary>What the heartbeat of a host has counted. There are figures only for peers whose transport shows pongs.</summary>
public sealed record HeartbeatFigures
{
    /// <summary>Pings written (<c>pings_sent</c>).</summary>
    public long PingsSent { get; init; }

    /// <summary>Pings that were answered before the next (<c>pongs_received</c>).</summary>
    public long PongsReceived { get; init; }

    /// <summary>Peers given up without a sign of life (<c>timeouts_detected</c>).</summary>
    public long TimeoutsDetected { get; init; }

    /// <summary>Peers that had missed a ping and gave a sign of life before they were given up (<c>resurrection_count</c>).</summary>
    public long Resurrections { get; init; }

    /// <summary>
    /// From a ping to its answer, over all peers (<c>avg_ping_time</c>): a moving average in which each answer weighs 0.1, and one of
    /// more than five times the average 0.02. Null before the first answer.
    /// </summary>
    public TimeSpan? AveragePing { get; init; }

    /// <summary>How often the host itself stood still, so that nobody's silence was counted.</summary>
    public long Stalls { get; init; }
}
