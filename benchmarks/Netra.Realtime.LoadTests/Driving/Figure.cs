namespace Netra.Realtime.LoadTests.Driving;

/// <summary>The names of what is measured.</summary>
internal static class Figure
{
    /// <summary>User and system time of the server, for each event, echo or connection.</summary>
    public const string CpuMicros = "server_cpu_us";

    public const string PerSecond = "per_second";

    public const string P50Ms = "p50_ms";

    public const string P99Ms = "p99_ms";

    public const string AllocPerEvent = "alloc_per_event";

    /// <summary>The share of deltas that came in an event with others.</summary>
    public const string Coalesced = "coalesced";

    /// <summary>The driver's own part of a processor.</summary>
    public const string DriverShare = "driver_share";

    public const string ServerAnonymousMiB = "server_rss_anon_mib";

    public const string HeapPerConnection = "heap_per_connection";

    public const string AnonymousPerConnection = "rss_anon_per_connection";

    /// <summary>From the first connection until all are welcome.</summary>
    public const string AllWelcomeMs = "all_welcome_ms";

    /// <summary>Connections that never read and that the server has not closed.</summary>
    public const string SilentLeft = "silent_left";
}
