namespace Netra.Realtime.LoadTests.Targets;

/// <summary>One way to send an event to a user. It greets every connection with a message that says <c>welcome</c> once it is reachable.</summary>
/// <remarks>Called by one workload at a time: events of a user are sent in order.</remarks>
internal abstract class Target
{
    public static readonly string[] Names = ["netra", "kestrel-websocket", "signalr"];

    public abstract void AddTo(WebApplicationBuilder builder);

    public abstract void MapTo(WebApplication app);

    /// <summary>Names the users that the next events are for: later calls name them by their index.</summary>
    public abstract void Prepare(string[] users);

    public abstract void Send(int user, Payload payload);

    public abstract void SendDelta(int user, string delta);

    /// <summary>Sends one event to all users.</summary>
    public abstract void Broadcast(Payload payload);

    /// <summary>When what was sent is written, as far as the target can tell.</summary>
    public abstract Task WhenWrittenAsync(CancellationToken cancellationToken);

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
        "netra" => new NetraTarget(),
        "kestrel-websocket" => new KestrelTarget(),
        "signalr" => new SignalRTarget(byGroup: true),
        "signalr-user" => new SignalRTarget(byGroup: false),
        _ => throw new ArgumentException($"There is no target '{name}': {string.Join(", ", Names)}, signalr-user.", nameof(name)),
    };
}
