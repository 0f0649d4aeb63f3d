namespace Netra.Realtime.Sessions;

/// <summary>How events left their log without having reached any connection.</summary>
public enum UndeliveredReason
{
    /// <summary>The user's log was full (<c>Retention.MaxEvents</c>, <c>MaxBytes</c>), or all logs together were (<c>TotalBytes</c>).</summary>
    Bounds,

    /// <summary>They were older than <c>Retention.MaxAge</c>.</summary>
    Age,

    /// <summary>Nothing more is kept of the user: away for <c>Retention.RetiredFor</c>, or more users away than are kept.</summary>
    Evicted,

    /// <summary>The host stopped.</summary>
    HostStopped,
}
