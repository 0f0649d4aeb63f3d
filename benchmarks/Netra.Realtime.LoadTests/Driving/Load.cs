namespace Netra.Realtime.LoadTests.Driving;

/// <summary>What a driver does to a server, with its numbers.</summary>
internal abstract record Load
{
    public static readonly string[] Names =
    [
        "push", "batch16", "stream", "burst", "bcast", "paced", "echo", "echo-16-in-flight", "echo-16k", "idle", "hold", "storm", "connect", "connect-50", "slow-0", "slow-1", "trickle-1", "slow-100", "trickle-100", "stalled",
    ];

    /// <summary>What it wants of its server.</summary>
    public ServerSettings Server { get; init; } = new();

    /// <summary>How often a part of it is done before it is measured, so that the server's code is compiled for the last time.</summary>
    public int Warmups { get; init; } = 6;

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="isQuick">With smaller numbers: whether it works, not what it costs.</param>
    public static Load Named(string name, bool isQuick) => name switch
    {
        "push" => new DeliveryLoad(WorkloadSpec.Tput(isQuick ? 100 : 1_000, isQuick ? 50 : 300, 300)),
        "batch16" => new DeliveryLoad(WorkloadSpec.Tput(isQuick ? 100 : 1_000, isQuick ? 5 : 40, 300, batch: 16)),
        "stream" => new DeliveryLoad(Burst(isQuick ? 50 : 200, isQuick ? 10 : 100) with { InScope = false }),
        "burst" => new DeliveryLoad(Burst(isQuick ? 50 : 200, isQuick ? 10 : 200)),
        "bcast" => new DeliveryLoad(new WorkloadSpec("bcast", isQuick ? 100 : 1_000, isQuick ? 50 : 300, 1, 300)),
        "paced" => new DeliveryLoad(isQuick ? Paced(100, 2_000, 1, 300) : Paced(2_000, 20_000, 10, 300)),
        "echo" => new EchoLoad(50, isQuick ? 100 : 2_000, 128, 1),
        "echo-16-in-flight" => new EchoLoad(50, isQuick ? 100 : 4_000, 128, 16),
        "echo-16k" => new EchoLoad(50, isQuick ? 50 : 1_000, 16 * 1024, 1),
        "idle" => new IdleLoad(isQuick ? 500 : 10_000),
        "hold" => Hold(isQuick ? 500 : 19_000, pingSeconds: isQuick ? 2 : 25),
        "storm" => new StormLoad(isQuick ? 200 : 5_000, Missed: 100, Size: 200) { Warmups = 24 },
        "connect" => new ConnectLoad(isQuick ? 500 : 5_000, 50),
        "connect-50" => new ConnectLoad(50, 50),
        "slow-0" => Slow(silent: 0, trickleBytes: 0, isQuick),
        "slow-1" => Slow(silent: 1, trickleBytes: 0, isQuick),
        "trickle-1" => Slow(silent: 1, trickleBytes: 1024, isQuick),
        "slow-100" => Slow(silent: 100, trickleBytes: 0, isQuick),
        "trickle-100" => Slow(silent: 100, trickleBytes: 1024, isQuick),
        "stalled" => new StalledLoad(isQuick ? 200 : 2_000, events: 100, size: 4_000, logBudgetBytes: (isQuick ? 8 : 64) * 1024 * 1024, sendBufferBytes: 32 * 1024),
        _ => throw new ArgumentException($"There is no workload '{name}': {string.Join(", ", Names)}.", nameof(name)),
    };

    private static WorkloadSpec Burst(int users, int rounds) => new("burst", users, rounds, 50, 80, InScope: true);

    private static WorkloadSpec Paced(int users, int rate, int seconds, int size) => new("paced", users, 0, 1, size, Rate: rate, Seconds: seconds);

    private static HoldLoad Hold(int connections, int pingSeconds) =>
        new(connections, TimeSpan.FromSeconds(pingSeconds)) { Server = new ServerSettings { PingSeconds = pingSeconds } };

    // 150 users in each run, so that the load is the same whoever reads. 150 KB a second for each: with the send buffer that a
    // server has here, who does not read blocks his connection after two seconds. His log holds all of the six seconds, and the time of his
    // flush is not over by then either: he is there, and behind, to the end.
    private static DeliveryLoad Slow(int silent, int trickleBytes, bool isQuick) => new(Paced(150, 15_000, isQuick ? 1 : 6, 1_500), Timed: 50, Silent: silent, trickleBytes)
    {
        Server = new ServerSettings { SendBufferBytes = 128 * 1024, LogBytes = 1024 * 1024 },
    };
}

/// <summary>What a target sends to users, of whom the first <see cref="Timed"/> are timed and the last <see cref="Silent"/> never read, or <see cref="TrickleBytes"/> a second.</summary>
internal sealed record DeliveryLoad(WorkloadSpec Spec, int Timed = int.MaxValue, int Silent = 0, int TrickleBytes = 0) : Load
{
    private int LogBytes => Server.LogBytes > 0 ? Server.LogBytes : 256 * 1024; // what a user's log keeps by default

    /// <summary>What is sent before: done four times or more, it fills each user's log to its bound. What is measured then is a log that trims, and not one that grows.</summary>
    public WorkloadSpec WarmUp
    {
        get
        {
            // Text is kept in segments of many sizes: it takes a second turn until those, too, are only used again.
            int bytes = LogBytes / (Spec.Kind == "burst" ? 2 : 4);
            int rounds = (bytes / (Spec.Size * Spec.Each)) + 1;
            return Spec.Kind == "paced" ? WorkloadSpec.Tput(Spec.Users, rounds, Spec.Size) : Spec with { Rounds = rounds };
        }
    }
}

/// <summary>Messages of so many bytes there and back, some of them in flight on each connection at any time.</summary>
internal sealed record EchoLoad(int Connections, int Messages, int Size, int InFlight) : Load;

/// <summary>Connections on which nothing happens.</summary>
internal sealed record IdleLoad(int Connections) : Load;

/// <summary>Connections on which nothing happens but a ping and its answer, each interval; then all are lost at once, and come back.</summary>
internal sealed record HoldLoad(int Connections, TimeSpan Interval) : Load;

/// <summary>Connections that are all lost at once, and come back when each has missed so many events.</summary>
internal sealed record StormLoad(int Connections, int Missed, int Size) : Load;

/// <summary>Connections that are opened, welcomed and closed, some at once; where all are opened at once, none closes before all are welcome.</summary>
internal sealed record ConnectLoad(int Connections, int AtOnce) : Load;

/// <summary>Connections that never read, and are sent more than they, the kernel and the budget of all logs can hold.</summary>
internal sealed record StalledLoad : Load
{
    public StalledLoad(int connections, int events, int size, int logBudgetBytes, int sendBufferBytes)
    {
        (Connections, Events, Size, LogBudgetBytes, SendBufferBytes) = (connections, events, size, logBudgetBytes, sendBufferBytes);
        Server = new ServerSettings { SendBufferBytes = sendBufferBytes, LogBudgetBytes = logBudgetBytes };
    }

    public int Connections { get; }

    public int Events { get; }

    public int Size { get; }

    public int LogBudgetBytes { get; }

    public int SendBufferBytes { get; }

    /// <summary>What the logs may have for a moment: it is freed on the pool, while whoever emits goes on.</summary>
    public int MostLogBytes => LogBudgetBytes / 2 * 3;

    /// <summary>What a connection that nobody reads may cost its process, beside its log: one batch and the rest of a connection, and behind a web
    /// server what that buffers (Kestrel 64 KiB, and the batch that goes beyond), with what the collector has not given back.</summary>
    public static int BytesPerConnection(string target) => (target == Targets.Target.Listener ? 96 : 256) * 1024;
}
