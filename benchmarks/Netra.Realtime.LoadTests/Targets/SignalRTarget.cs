using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>
/// A hub, JSON protocol. With <c>Clients.User</c>, which looks at every connection; or with a group per user, which it finds by index.
/// Stateful, it keeps what it sends until it is acknowledged, with its own bound (100,000 bytes for each connection).
/// </summary>
internal sealed class SignalRTarget(bool byGroup, bool isStateful = false) : Target
{
    // How long a lost connection may come back to its hub; as long as netra keeps the session of who has gone. By default 15 s.
    private static readonly TimeSpan LostFor = TimeSpan.FromSeconds(180);

    private readonly ConcurrentDictionary<Task, bool> _pending = new();
    private string[] _names = [];
    private IHubContext<EventHub> _hub = null!;
    private int _connections;
    private int _requests;

    private bool HasGroups => byGroup;

    /// <summary>A stateful hub does not say that a connection was lost: there it is the sockets that are counted.</summary>
    public override int Connections => Volatile.Read(ref isStateful ? ref _requests : ref _connections);

    public override void AddTo(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(this);
        builder.Services.AddSingleton<IUserIdProvider, QueryUser>();
        builder.Services.Configure<ConnectionOptions>(o => o.DisconnectTimeout = LostFor);
        builder.Services.AddSignalR(o =>
        {
            o.HandshakeTimeout = LoadServer.HandshakeTimeout;
            o.ClientTimeoutInterval = TimeSpan.FromHours(1); // the driver sends no pings
            if (PingInterval is { } interval)
            {
                o.KeepAliveInterval = interval;
                o.ClientTimeoutInterval = 3 * interval; // here it does
            }

            o.MaximumReceiveMessageSize = 2 * MaxEchoBytes; // text is escaped, and stands in an invocation
        }).AddJsonProtocol(o => o.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, PayloadJson.Default));
    }

    public override void MapTo(WebApplication app)
    {
        if (isStateful)
        {
            app.Use(CountAsync);
        }

        app.MapHub<EventHub>("/hub", hub => hub.AllowStatefulReconnects = isStateful);
        _hub = app.Services.GetRequiredService<IHubContext<EventHub>>();
    }

    public override void Prepare(string[] users) => _names = users;

    public override void Send(int user, Payload payload) => Track(To(user).SendAsync("event", payload));

    public override void SendDelta(int user, string delta) => Track(To(user).SendAsync("agent_responding", new Delta(delta)));

    public override void Broadcast(Payload payload) => Track(_hub.Clients.All.SendAsync("event", payload));

    /// <summary>All of it, whomever it is for: the tasks do not say.</summary>
    public override Task WhenWrittenAsync(int users, CancellationToken cancellationToken) => Task.WhenAll(_pending.Keys).WaitAsync(cancellationToken);

    private async Task CountAsync(HttpContext http, RequestDelegate next)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            await next(http);
            return;
        }

        Interlocked.Increment(ref _requests);
        try
        {
            await next(http);
        }
        finally
        {
            Interlocked.Decrement(ref _requests);
        }
    }

    private IClientProxy To(int user) => byGroup ? _hub.Clients.Group(_names[user]) : _hub.Clients.User(_names[user]);

    private void Track(Task sent)
    {
        if (!sent.IsCompleted)
        {
            _pending[sent] = true;
            _ = sent.ContinueWith(done => _pending.TryRemove(done, out bool _), TaskScheduler.Default);
        }
    }

    internal sealed class EventHub(SignalRTarget target) : Hub
    {
        public override async Task OnConnectedAsync()
        {
            Interlocked.Increment(ref target._connections);
            if (target.HasGroups)
            {
                await Groups.AddToGroupAsync(Context.ConnectionId, Context.UserIdentifier!, Context.ConnectionAborted);
            }

            await Clients.Caller.SendAsync("welcome", Context.ConnectionAborted);
        }

        public override Task OnDisconnectedAsync(Exception? exception)
        {
            Interlocked.Decrement(ref target._connections);
            return Task.CompletedTask;
        }

        // Without a suffix: a caller names it.
        public string Echo(string message) => message;
    }

    private sealed class QueryUser : IUserIdProvider
    {
        public string? GetUserId(HubConnectionContext connection) => connection.GetHttpContext()?.Request.Query["user"];
    }
}
