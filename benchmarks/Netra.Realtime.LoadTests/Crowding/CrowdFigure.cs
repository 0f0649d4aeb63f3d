namespace Netra.Realtime.LoadTests.Crowding;

/// <summary>The names of what is measured of a crowd.</summary>
internal static class CrowdFigure
{
    public const string HeapPerConnection = "heap_per_connection";

    public const string HeapPerTransport = "heap_per_transport";

    /// <summary>Once all have been closed and are back.</summary>
    public const string HeapPerConnectionAgain = "heap_per_connection_again";

    public const string ConnectMs = "connect_ms";

    /// <summary>CPU time of the process in a second of the clock that is moved: pings, pongs, and reading those.</summary>
    public const string HeartbeatCpuMillis = "heartbeat_cpu_ms";

    public const string CpuMicrosPerPing = "cpu_us_per_ping";

    public const string AllocPerPing = "alloc_per_ping";

    public const string TickMs = "tick_ms";

    public const string LongestTickMs = "longest_tick_ms";

    public const string SweepMs = "sweep_ms";

    public const string AllocPerSweep = "alloc_per_sweep";

    /// <summary>A page of 100 users out of all.</summary>
    public const string PageMs = "page_ms";

    /// <summary>All users, in pages of 10,000.</summary>
    public const string AllPagesMs = "all_pages_ms";

    public const string CloseCallMs = "close_call_ms";

    public const string AllClosedMs = "all_closed_ms";

    public const string AllBackMs = "all_back_ms";

    public const string AllCutMs = "all_cut_ms";

    public const string RetiredPerUser = "retired_per_user";

    public const string ForgetMs = "forget_ms";

    public const string LeftPerUser = "left_per_user";
}
