namespace Netra.Realtime.Connections;

/// <summary>What the heartbeat holds a peer to be.</summary>
public enum HealthState
{
    /// <summary>It has given a sign of life since it was last asked, or still may.</summary>
    Healthy,

    /// <summary>It has missed a ping, and not yet too many.</summary>
    Suspect,

    /// <summary>It is given up.</summary>
    Dead,
}
