using Netra.Realtime.LoadTests.Driving;
using Netra.Realtime.LoadTests.Targets;

namespace Netra.Realtime.LoadTests.Comparing;

/// <summary>Everything that a comparison compares.</summary>
internal static class Scenarios
{
    // What the deltas and events are addressed with makes no difference to the rest, so there SignalR takes part once.
    private static readonly string[] Peers = ["netra", "netra-system-net", "kestrel-websocket", "signalr"];

    // Kestrel's own thread for I/O decides about latency, and about which events share a send: both without it.
    private static readonly string[] WithInline = [.. Target.Names, "netra" + Target.Inline, "kestrel-websocket" + Target.Inline];

    private static readonly Column Cpu = new("server CPU us/event", Figure.CpuMicros, "F2");
    private static readonly Column P50 = new("p50 ms", Figure.P50Ms, "F2");
    private static readonly Column P99 = new("p99 ms", Figure.P99Ms, "F2");
    private static readonly Column Alloc = new("alloc B/event", Figure.AllocPerEvent, "F0");
    private static readonly Column Coalesced = new("deltas that came coalesced", Figure.Coalesced, "P0");
    private static readonly Column PerSecond = new("events/s", Figure.PerSecond, "N0");
    private static readonly Column DriverShare = new("driver CPU", Figure.DriverShare, "P0");
    private static readonly Column Anonymous = new("server RssAnon MiB", Figure.ServerAnonymousMiB, "F0");
    private static readonly Column[] Events = [Cpu, P50, P99, Alloc, DriverShare, Anonymous];
    private static readonly Column[] Deltas = [Cpu, P50, P99, Alloc, Coalesced, DriverShare, Anonymous];

    public static readonly Scenario[] All =
    [
        new("push", "What does an event cost?", "One event of 300 bytes after another, to each of 1,000 users in turn.", [("push", "")], WithInline, Events),
        new("batch16", "What do 16 events at once cost?",
            "16 events of 300 bytes at once to each of 1,000 users in turn; netra in a batch scope, the others one by one, which is what they have.",
            [("batch16", "")], Target.Names, Events),
        new("stream", "What does a token cost?", "50 text deltas of 80 bytes to each of 200 users in turn, each emitted for itself: no batch scope.",
            [("stream", "")], Target.Names, Deltas),
        new("burst", "What does a token of a burst cost?",
            "50 text deltas of 80 bytes at once to each of 200 users in turn; netra in a batch scope, so that they are joined, the others one by one.",
            [("burst", "")], Target.Names, Deltas),
        new("bcast", "What does an event for everybody cost, for each?",
            "One event of 300 bytes to all of 1,000 users; netra to a room, which puts it into each member's log.", [("bcast", "")], Peers, Events),
        new("paced", "How long is an event on its way?", "Events of 300 bytes, 20,000 a second over 2,000 users, for 10 s. A target below 20,000 events/s has fallen behind.",
            [("paced", "")], WithInline, [P99, P50, Cpu, PerSecond, Alloc, DriverShare]),
        new("echo", "What does a message there and back cost?",
            "50 connections; each message that comes back makes room for the next. netra through its own transport alone; signalr through a hub method.",
            [("echo", "128 B, 1 in flight"), ("echo-16-in-flight", "128 B, 16 in flight"), ("echo-16k", "16 KiB, 1 in flight")], Peers,
            [Cpu with { Title = "server CPU us/echo" }, PerSecond with { Title = "echoes/s" }, P50, P99, DriverShare, Anonymous]),
        new("idle", "What does an idle connection hold?",
            "10,000 connections of as many users, open and idle; heap and RssAnon of the server after a full, compacting collection, less those of the server before.",
            [("idle", "")], Peers, [new("heap B/connection", Figure.HeapPerConnection, "F0"), new("RssAnon B/connection", Figure.AnonymousPerConnection, "F0"), Anonymous]),
        new("hold", "What do many connections cost that only stay?",
            "19,000 connections of as many users, 200 on their way at a time; each is pinged every 25 s, as in Production, and answers. Watched for two intervals, after one to settle. " +
            "Then all are reset at once, all come back at once (4,000 on their way at a time), and all are reset for good. Heap and RssAnon after a full, compacting collection, less those of " +
            "the server before; what is left of those who have gone is with netra their sessions too, for 180 s. No limit of any target is in the way; kestrel-websocket has a KeepAliveTimeout, " +
            "so that it pings and waits for the pong, as netra does; signalr pings by its own protocol, and its client pings as often.",
            [("hold", "")], ["netra", Target.Listener, "netra-system-net", "kestrel-websocket", "signalr"],
            [
                new("connects a second", Figure.PerSecond, "N0"),
                new("server CPU us/connect", Figure.CpuMicros, "F0"),
                new("driver CPU meanwhile", Figure.DriverShare, "P0"),
                new("heap B/connection", Figure.HeapPerConnection, "F0"),
                new("RssAnon B/connection", Figure.AnonymousPerConnection, "F0"),
                new("idle: server CPU ms/s", Figure.IdleCpuMillis, "F1"),
                new("all gone after ms", Figure.AllGoneMs, "N0"),
                new("all back after ms", Figure.AllBackMs, "N0"),
                new("back: heap B/connection", Figure.HeapPerConnectionAgain, "F0"),
                new("back: RssAnon B/connection", Figure.AnonymousPerConnectionAgain, "F0"),
                new("gone for good: heap MiB more than before", Figure.HeapLeftMiB, "F1"),
                new("gone for good: RssAnon MiB more than before", Figure.AnonymousLeftMiB, "F1"),
            ])
        {
            Check = "all were welcome, each was pinged, as often as it should, and none dropped, and all were welcome again",
            File = "hold.md",
            HasFiguresInRows = true,
            IsLong = true,
        },
        new("storm", "What does it take when all come back at once, and each has missed something?",
            "5,000 connections of as many users, which have had 10 events each, are reset at once; while nobody is there each user is sent 100 events of 200 bytes; then all come back at once " +
            "(4,000 on their way at a time), with what their client remembers, and get what they missed. Times are from the first that comes back; p50 and p99 are each one's own, from the TCP connection to " +
            "its last event; CPU is from the first that comes back to the last event, or to the last welcome where nothing follows. netra resumes after last_event_id from the user's log, with its default bounds. " +
            "signalr-stateful has stateful reconnects, a group per user and the default buffer of 100,000 bytes a connection, in which what is not acknowledged waits; whoever is lost may be so for 180 s instead " +
            "of 15, and its client has acknowledged what it had. signalr-group is the same hub without: what is sent while nobody is there is gone. Before it is measured each server goes through 24 such storms of 500: the framework's code comes compiled, netra's is only then.",
            [("storm", "")], ["netra", Target.Listener, "netra-system-net", Target.Stateful, "signalr-group"],
            [
                new("all gone after ms", Figure.AllGoneMs, "N0"),
                new("all back after ms", Figure.AllBackMs, "N0"),
                new("the last has all it missed after ms", Figure.AllResumedMs, "N0"),
                new("p50 ms", Figure.P50Ms, "N0"),
                new("p99 ms", Figure.P99Ms, "N0"),
                new("missed events that came", Figure.Resumed, "P0"),
                new("server CPU s", Figure.ServerCpuSeconds, "F2"),
                new("server CPU us/connection", Figure.CpuMicros, "F0"),
                new("driver CPU meanwhile", Figure.DriverShare, "P0"),
                new("logs MiB", Figure.LogsMiB, "F0"),
                new("RssAnon MiB before they come back", Figure.ServerAnonymousMiB, "F0"),
                new("RssAnon MiB at the most", Figure.ServerAnonymousPeakMiB, "F0"),
            ])
        {
            Check = "all were welcome again; where the target can resume, each resumed and got all 100, once, in order",
            File = "storm.md",
            HasFiguresInRows = true,
            IsLong = true,
        },
        new("connect", "What does it cost to come and go?",
            "Connections of ever new users: opened, welcomed, closed with a handshake. p50 and p99 are the time from the TCP connection to the welcome.",
            [("connect", "5,000, 50 at a time")], Peers,
            [new("server CPU us/connection", Figure.CpuMicros, "F0"), PerSecond with { Title = "connections/s" }, P50, P99, DriverShare]),
        new("connect-50", "How long does it take 50 to connect?", "50 connections opened at once, on a server that is warm; until the last of them is welcome.",
            [("connect-50", "")], Peers, [new("all welcome, ms", Figure.AllWelcomeMs, "F1"), P50, P99]),
        new("slow", "Do those who never read, or a kilobyte a second, move the others?",
            "150 users get 100 events of 1,500 bytes a second each. The first 50 are timed; of the other 100 none, one or all never read, or read 1 KB a second, and the rest " +
            "reads: the load is the same in each run. The kernel's send buffer is 128 KiB, so that who does not read blocks his connection in the first seconds; netra's log of each user keeps " +
            "1 MiB, which is all that he gets, so that he is behind to the end and is not closed before. Emit is the call that emits, over all 150.",
            [("slow-0", "all read"), ("slow-1", "1 never reads"), ("trickle-1", "1 reads 1 KB/s"), ("slow-100", "100 never read"), ("trickle-100", "100 read 1 KB/s")],
            ["netra", "netra-system-net", "kestrel-websocket"],
            [
                P99, P50, new("emit us", Figure.EmitMicros, "F1"), new("emit p99 us", Figure.EmitP99Micros, "F0"), Alloc, Cpu, PerSecond,
                new("slow still connected", Figure.SilentLeft, "F0"), new("logs MiB", Figure.LogsMiB, "F0"), Anonymous,
            ])
        {
            ComparesParts = true,
            LeastRuns = 5,
        },
        new("stalled", "What do 2,000 who never read hold?",
            "2,000 connections of as many users never read, and 10 do; each user is sent 100 events of 4,000 bytes as fast as it goes, 770 MiB in all. All logs together may have 64 MiB " +
            "(Retention.TotalBytes; a user's own bound, 256 KiB, would let them have 500), and the kernel's send buffer is 32 KiB (Delivery.SendBufferBytes). The most that was seen in ten looks a second " +
            "and a little after the last event; RssAnon and TCP memory are those above what there was before the connections, TCP memory is of both ends, and of the whole machine. A run in which the logs had " +
            "more than one and a half of their budget (it is freed on the pool, while the loop that emits goes on), RssAnon grew by more than that and 256 KiB a connection (96 without a web server, which buffers 64 KiB " +
            "of each), or a send queue by more than twice SO_SNDBUF, which is what the kernel makes of it, gives no figures.",
            [("stalled", "")], ["netra", Target.Listener, "netra-system-net"],
            [
                new("logs MiB", Figure.LogsMiB, "F1"),
                new("RssAnon MiB more", Figure.AnonymousMoreMiB, "F0"),
                new("kernel send queues MiB", Figure.SendQueuesMiB, "F1"),
                new("the longest of them KiB", Figure.LongestSendQueueKiB, "F1"),
                new("TCP memory MiB more", Figure.TcpMoreMiB, "F0"),
                new("still connected at the end", Figure.SilentLeft, "F0"),
            ])
        {
            Check = "those who read got all of theirs, once, in order, and nothing was above its bound",
            File = "stalled.md",
            HasFiguresInRows = true,
        },
    ];

    public static Scenario Named(string name) => Array.Find(All, scenario => scenario.Name == name)
        ?? throw new ArgumentException($"There is no workload '{name}': {string.Join(", ", All.Select(scenario => scenario.Name))}.", nameof(name));
}
