using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;

namespace Netra.Realtime.LoadTests.Targets;

public sealed class SignalRTarget : Target
{
    private readonly ConcurrentDictionary<Task, bool> _pending = new();
    private IHubContext<EventHub> _hub = null!;

    public override void AddTo(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IUserIdProvider, QueryUser>();
        builder.Services.AddSignalR(o => o.MaximumReceiveMessageSize = 17 * 1024 * 1024)
            .AddJsonProtocol(o => o.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, PayloadJson.Default));
    }

    public override void MapTo(WebApplication app)
    {
        app.MapHub<EventHub>("/hub");
        _hub = app.Services.GetRequiredService<IHubContext<EventHub>>();
    }

    public override void Send(string user, Payload payload) => Track(_hub.Clients.User(user).SendAsync("event", payload));

    public override void SendBatch(string user, Payload[] payloads)
    {
        foreach (Payload payload in payloads)
        {
            Send(user, payload);
        }
    }

    public override void SendBurst(string user, string[] deltas)
    {
        foreach (string delta in deltas)
        {
            Track(_hub.Clients.User(user).SendAsync("agent_responding", new Delta(delta)));
        }
    }

    public override void Broadcast(IReadOnlyList<string> users, Payload payload) => Track(_hub.Clients.All.SendAsync("event", payload));

    public override Task WhenWrittenAsync() => Task.WhenAll(_pending.Keys);

    private void Track(Task sent)
    {
        if (!sent.IsCompleted)
        {
            _pending[sent] = true;
            sent.ContinueWith(done => _pending.TryRemove(done, out bool _), TaskScheduler.Default);
        }
    }

    public sealed class EventHub : Hub
    {
        public string Echo(string text) => text;
    }

    private sealed class QueryUser : IUserIdProvider
    {
        public string? GetUserId(HubConnectionContext connection) => connection.GetHttpContext()?.Request.Query["user"];
    }
}
