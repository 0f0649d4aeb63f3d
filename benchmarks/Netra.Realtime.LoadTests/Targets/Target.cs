namespace Netra.Realtime.LoadTests.Targets;

/// <summary>One way to send an event to a user.</summary>
public abstract class Target
{
    public abstract void AddTo(WebApplicationBuilder builder);

    public abstract void MapTo(WebApplication app);

    public abstract void Send(string user, Payload payload);

    public abstract void SendBatch(string user, Payload[] payloads);

    public abstract void SendBurst(string user, string[] deltas);

    public abstract void Broadcast(IReadOnlyList<string> users, Payload payload);

    /// <summary>When all is written.</summary>
    public virtual Task WhenWrittenAsync() => Task.CompletedTask;

    public static Target Create(string name) => name switch
    {
        "netra" => new NetraTarget(),
        "kestrel-websocket" => new KestrelTarget(),
        "signalr" => new SignalRTarget(),
        _ => throw new ArgumentException($"There is no target '{name}': netra, kestrel-websocket, signalr."),
    };
}
