namespace Netra.Realtime.Health;

/// <summary>How the library finds out that a peer is gone. The defaults depend on the environment; whatever is configured overrides them.</summary>
public sealed class HeartbeatOptions
{
    /// <summary>Whether peers are watched at all. Off: the library sends no pings, the framework's sockets neither, and a peer that has vanished without a word
    /// is found by the sweep only, after <see cref="StaleAfter"/>, where the transport shows what comes in. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>With the heartbeat off: how long a connection may be without any inbound byte before the sweep closes it with 4407. So whoever only reads has to
    /// say something now and then, such as <c>ping</c>. Default 120 s, from 1 s to 1 day.</summary>
    public TimeSpan StaleAfter { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Between two pings. Default 25 s in Production, 45 s in Development and Testing, else 30 s; from 100 ms to 1 h.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Without any sign of life before a peer is given up. Default 75 s in Production, 60 s in Development and Testing, else 90 s;
    /// above <see cref="Interval"/>, at most 1 day.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>Pings in a row without an answer, or anything else, before a peer is given up, where that comes before <see cref="Timeout"/>:
    /// one is missed when the next is due. Default 2, in Development and Testing 3; at least 1. Only where the transport can ping.</summary>
    public int Missed { get; set; } = 2;

    /// <summary>How long a user has to be without connections before it went offline, so that a page that is reloaded does not count. Default 10 s,
    /// from 0 to 1 day.</summary>
    public TimeSpan OfflineAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two sweeps that expire logs and retired users. Default 30 s, from 100 ms to 1 h.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(30);
}
