namespace Netra.Realtime.LoadTests.Targets;

/// <summary>One way to send an event to a user. It greets every connection with a message that says <c>welcome</c> once it is reachable.</summary>
/// <remarks>Called by one workload at a time: events of a user are sent in order.</remarks>
internal abstract class Target
{
    public const int MaxEchoBytes = 16 * 1024 * 1024;

    public static readonly string[] Names = ["netra", "netra-system-net", "kestrel-websocket", "signalr", "signalr-group"];

    /// <summary>Behind the name of a target: under Kestrel with <c>UnsafePreferInlineScheduling</c>, so that who writes also sends.</summary>
    public const string Inline = "-inline";

    /// <summary>The own listener instead of Kestrel. Not one of <see cref="Names"/>: it has a port of its own, and no echo.</summary>
    public const string Listener = "netra-listener";

    /// <summary>A hub with a group per user and stateful reconnects. Not one of <see cref="Names"/>: a client has to negotiate first.</summary>
    public const string Stateful = "signalr-stateful";

    public ServerSettings Settings { get; init; } = new();

    /// <summary>Between two pings to a client, who is given up after three times as long; null leaves to each what it does by default.</summary>
    public TimeSpan? PingInterval => Settings.PingSeconds > 0 ? TimeSpan.FromSeconds(Settings.PingSeconds) : null;

    /// <summary>What the framework's WebSockets do by themselves.</summary>
    public virtual WebSocketOptions WebSockets => new();

    /// <summary>The port for WebSockets, where it is not that of everything else.</summary>
    public virtual int? SocketPort => null;

    /// <summary>How many connections there are now, those that echo not counted.</summary>
    public abstract int Connections { get; }

    /// <summary>The memory of what it keeps of what it sent, as it counts it; 0 where it does not.</summary>
    public virtual long LogBytes => 0;

    public abstract void AddTo(WebApplicationBuilder builder);

    public abstract void MapTo(WebApplication app);

    /// <summary>Names the users that the next events are for: later calls name them by their index.</summary>
    public abstract void Prepare(string[] users);

    /// <summary>Gathers everybody who is connected for <see cref="Broadcast"/>.</summary>
    /// <returns>How many they are.</returns>
    public virtual int PrepareBroadcast() => Connections;

    public abstract void Send(int user, Payload payload);

    public abstract void SendDelta(int user, string delta);

    /// <summary>Sends one event to everybody.</summary>
    public abstract void Broadcast(Payload payload);

    /// <summary>When what was sent to the first so many of the users is written, as far as the target can tell.</summary>
    public abstract Task WhenWrittenAsync(int users, CancellationToken cancellationToken);

    /// <summary>Ends what a workload has left open.</summary>
    public virtual void Finish()
    {
    }

    public virtual void SendBatch(int user, ReadOnlySpan<Payload> payloads, bool inScope)
    {
        foreach (Payload payload in payloads)
        {
            Send(user, payload);
        }
    }

    public virtual void SendDeltas(int user, ReadOnlySpan<string> deltas, bool inScope)
    {
        foreach (string delta in deltas)
        {
            SendDelta(user, delta);
        }
    }

    public static Target Create(string name, ServerSettings settings) => name switch
    {
        "netra" => new NetraTarget(NetraHost.Endpoint) { Settings = settings },
        "netra-system-net" => new NetraTarget(NetraHost.EndpointOverSystemNet) { Settings = settings },
        Listener => new NetraTarget(NetraHost.Listener) { Settings = settings },
        "kestrel-websocket" => new KestrelTarget { Settings = settings },
        "signalr" => new SignalRTarget(byGroup: false) { Settings = settings },
        "signalr-group" => new SignalRTarget(byGroup: true) { Settings = settings },
        Stateful => new SignalRTarget(byGroup: true, isStateful: true) { Settings = settings },
        _ => throw new ArgumentException($"There is no target '{name}': {string.Join(", ", Names)}, {Listener}, {Stateful}.", nameof(name)),
    };
}
