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

    /// <summary>What the call that emits an event takes; only where events are paced.</summary>
    public const string EmitMicros = "emit_us";

    public const string EmitP99Micros = "emit_p99_us";

    /// <summary>The memory of all logs.</summary>
    public const string LogsMiB = "logs_mib";

    /// <summary>What the server had at the most, more than before its connections.</summary>
    public const string AnonymousMoreMiB = "rss_anon_more_mib";

    /// <summary>What waited in the kernel's send queues at the most.</summary>
    public const string SendQueuesMiB = "send_queues_mib";

    /// <summary>What waited in one of them.</summary>
    public const string LongestSendQueueKiB = "longest_send_queue_kib";

    /// <summary>What the kernel had at the most for TCP, both ends of each connection and what waits, more than before.</summary>
    public const string TcpMoreMiB = "tcp_more_mib";

    /// <summary>The share of deltas that came in an event with others.</summary>
    public const string Coalesced = "coalesced";

    /// <summary>The driver's own part of a processor.</summary>
    public const string DriverShare = "driver_share";

    public const string ServerAnonymousMiB = "server_rss_anon_mib";

    public const string HeapPerConnection = "heap_per_connection";

    public const string AnonymousPerConnection = "rss_anon_per_connection";

    /// <summary>Those that were held, once they have been lost and are back.</summary>
    public const string HeapPerConnectionAgain = "heap_per_connection_again";

    public const string AnonymousPerConnectionAgain = "rss_anon_per_connection_again";

    /// <summary>What the server has more than before, when all have left for good.</summary>
    public const string HeapLeftMiB = "heap_left_mib";

    public const string AnonymousLeftMiB = "rss_anon_left_mib";

    /// <summary>User and system time of the server in a second in which nothing happens but heartbeats.</summary>
    public const string IdleCpuMillis = "idle_cpu_ms";

    /// <summary>From the first connection that was reset until the server has none.</summary>
    public const string AllGoneMs = "all_gone_ms";

    /// <summary>From the first that comes back until all are welcome.</summary>
    public const string AllBackMs = "all_back_ms";

    /// <summary>From the first that comes back until the last has all that it missed.</summary>
    public const string AllResumedMs = "all_resumed_ms";

    /// <summary>Of the events that were missed, the share that came after all.</summary>
    public const string Resumed = "resumed";

    /// <summary>User and system time of the server for all of it.</summary>
    public const string ServerCpuSeconds = "server_cpu_s";

    /// <summary>The most that the server had, looked at every 50 ms.</summary>
    public const string ServerAnonymousPeakMiB = "server_rss_anon_peak_mib";

    /// <summary>From the first connection until all are welcome.</summary>
    public const string AllWelcomeMs = "all_welcome_ms";

    /// <summary>Connections that never read, or hardly, and that the server has not closed.</summary>
    public const string SilentLeft = "silent_left";
}
