namespace Netra.Realtime.LoadTests.Targets;

/// <summary>One way to send an event to a user. It greets every connection with a message that says <c>welcome</c> once it is reachable.</summary>
/// <remarks>Called by one workload at a time: events of a user are sent in order.</remarks>
internal abstract class Target
{
    public const int MaxEchoBytes = 16 * 1024 * 1024;

    public static readonly string[] Names = ["netra", "netra-system-net", "kestrel-websocket", "signalr", "signalr-group"];

    /// <summary>Behind the name of a target: under Kestrel with <c>UnsafePreferInlineScheduling</c>, so that who writes also sends.</summary>
    public const string Inline = "-inline";

    /// <summary>How many connections there are now, those that echo not counted.</summary>
    public abstract int Connections { get; }

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

    public static Target Create(string name) => name switch
    {
        "netra" => new NetraTarget(isSystemNet: false),
        "netra-system-net" => new NetraTarget(isSystemNet: true),
        "kestrel-websocket" => new KestrelTarget(),
        "signalr" => new SignalRTarget(byGroup: false),
        "signalr-group" => new SignalRTarget(byGroup: true),
        _ => throw new ArgumentException($"There is no target '{name}': {string.Join(", ", Names)}.", nameof(name)),
    };
}
