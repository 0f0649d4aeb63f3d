using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Netra.Realtime.AspNetCore;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Hosting;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;
using Netra.Realtime.Transports.SystemNet;
using EventId = Netra.Realtime.Protocol.EventId;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>The endpoint as a host maps it, or the own listener, with the library's own retention of each user (the README says why); only what counts users is raised.</summary>
/// <remarks>It sends through the public API. Only counting and waiting look inside.</remarks>
internal sealed class NetraTarget(NetraHost host) : Target
{
    // Whoever tests the framing wants as many fragments and pings as there may be.
    private static readonly FramingLimits EchoLimits = FramingLimits.Default with
    {
        MaxFragments = int.MaxValue,
        ControlFrameBurst = int.MaxValue,
        ControlFramesPerSecond = int.MaxValue,
    };

    private static readonly RoomId Everybody = RoomId.Parse("everybody", null);
    private readonly Dictionary<string, RunEmitter> _runs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<UserId, bool> _seen = new();
    private string[] _names = [];
    private UserEventEmitter[] _users = [];
    private UserId[] _members = [];
    private EventEmitterFactory _emitters = null!;
    private RealtimeRooms _rooms = null!;
    private RoomEmitter _room = null!;
    private ConnectionRegistry _connections = null!;
    private RealtimeListener? _listener;

    public override int Connections => _connections.Count;

    public override long LogBytes => _connections.Sessions.Pool.BytesInUse;

    public override int? SocketPort => _listener?.LocalEndPoint.Port;

    public override void AddTo(WebApplicationBuilder builder)
    {
        builder.Services.AddQueryAuthentication();
        RealtimeBuilder realtime = builder.Services.AddNetraRealtime(o =>
        {
            o.Limits.MaxConnections = 100_000;
            o.Limits.ConnectsPerSecondPerUser = 0; // the others have no such limit
            o.Limits.MaxConnectionsPerUser = 1_000; // a driver may come before its predecessor's sockets have ended
            o.Retention.TotalBytes = Settings.LogBudgetBytes > 0 ? Settings.LogBudgetBytes : 4L * 1024 * 1024 * 1024;
            o.Retention.MaxBytes = Settings.LogBytes > 0 ? Settings.LogBytes : o.Retention.MaxBytes;
            o.Delivery.SendBufferBytes = Settings.SendBufferBytes > 0 ? Settings.SendBufferBytes : o.Delivery.SendBufferBytes;
            if (PingInterval is { } interval)
            {
                // With 25 s: the profile of Production, in which this server does not start.
                (o.Heartbeat.Interval, o.Heartbeat.Timeout, o.Heartbeat.Missed) = (interval, 3 * interval, 2);
            }
        }).IdentifyBy(principal => Seen(principal.FindFirst("sub")?.Value));
        if (host == NetraHost.Listener)
        {
            realtime.AddListener(Listen);
        }
    }

    public override void MapTo(WebApplication app)
    {
        _emitters = app.Services.GetRequiredService<EventEmitterFactory>();
        _rooms = app.Services.GetRequiredService<RealtimeRooms>();
        _room = _emitters.CreateFor(Everybody);
        _connections = app.Services.GetRequiredService<ConnectionRegistry>();
        _listener = app.Services.GetService<RealtimeListener>();
        if (_listener is not null)
        {
            return;
        }

        app.UseAuthentication();
        app.UseAuthorization();
        app.MapNetraRealtime("/ws", endpoint =>
        {
            if (host == NetraHost.EndpointOverSystemNet)
            {
                endpoint.UseSystemNetWebSockets();
            }
        }).RequireAuthorization();
        app.Map("/echo", async (HttpContext http) =>
        {
            await using IWebSocketTransport transport = host == NetraHost.EndpointOverSystemNet
                ? new WebSocketTransport(await http.WebSockets.AcceptWebSocketAsync(), http.Abort)
                : new FramedTransport(await UpgradeAsync(http), isServer: true, TimeProvider.System, http.Abort, EchoLimits, default);
            await TransportEcho.RunAsync(transport, http.RequestAborted);
        });
    }

    public override void Prepare(string[] users)
    {
        _names = users;
        _users = [.. users.Select(user => _emitters.CreateFor(UserId.Create(user)))];
        _members = [];
    }

    // The loopback, any port; as many as come, as with the others.
    private void Listen(RealtimeListenerOptions options)
    {
        options.EndPoint = new IPEndPoint(IPAddress.Loopback, 0);
        options.Backlog = LoadServer.Backlog;
        options.MaxAcceptsPerSecond = 1_000_000;
        options.MaxHandshakes = LoadServer.Backlog;
        options.HandshakeTimeout = LoadServer.HandshakeTimeout;
        options.Authenticate = (request, _) => new(Authentication.Of(Seen(QueryHelpers.ParseQuery(request.Query)["user"])));
    }

    private UserId Seen(string? name)
    {
        UserId user = UserId.Create(name);
        _seen.TryAdd(user, true);
        return user;
    }

    private static Task<Stream> UpgradeAsync(HttpContext http)
    {
        http.Response.Headers.Connection = "Upgrade";
        http.Response.Headers.Upgrade = "websocket";
        http.Response.Headers.SecWebSocketAccept = HandshakeKey.Accept(http.Request.Headers.SecWebSocketKey.ToString());
        return http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    /// <summary>A room of whoever is connected.</summary>
    public override int PrepareBroadcast()
    {
        List<UserId> members = [];
        foreach (UserId user in _seen.Keys)
        {
            if (IsConnected(user))
            {
                _rooms.Join(user, Everybody);
                members.Add(user);
            }
            else
            {
                _rooms.Leave(user, Everybody);
            }
        }

        _members = [.. members];
        return members.Count;
    }

    public override void Send(int user, Payload payload) => Check(_users[user].Emit("event", payload, PayloadJson.Default.Payload));

    public override void SendDelta(int user, string delta) => Check(RunOf(user).Respond(delta));

    public override void SendBatch(int user, ReadOnlySpan<Payload> payloads, bool inScope)
    {
        if (!inScope)
        {
            base.SendBatch(user, payloads, inScope);
            return;
        }

        using (_emitters.Batch())
        {
            base.SendBatch(user, payloads, inScope);
        }
    }

    public override void SendDeltas(int user, ReadOnlySpan<string> deltas, bool inScope)
    {
        if (!inScope)
        {
            base.SendDeltas(user, deltas, inScope);
            return;
        }

        using (_emitters.Batch())
        {
            base.SendDeltas(user, deltas, inScope);
        }
    }

    public override void Broadcast(Payload payload)
    {
        RoomEmitResult result = _room.Emit("event", payload, PayloadJson.Default.Payload);
        if (result.Members != _members.Length)
        {
            throw new InvalidOperationException($"The room has {result.Members} members, not {_members.Length}.");
        }
    }

    public override async Task WhenWrittenAsync(int users, CancellationToken cancellationToken)
    {
        foreach (UserId user in _members.Length > 0 ? _members : _users.Take(users).Select(emitter => emitter.User))
        {
            if (IsConnected(user) && _connections.Sessions.Find(user) is { } session)
            {
                await session.WhenDelivered(HeadOf(session)).WaitAsync(cancellationToken);
            }
        }
    }

    /// <summary>Completes the runs of the deltas: an open one would be replayed to a connection that comes later.</summary>
    public override void Finish()
    {
        foreach (RunEmitter run in _runs.Values)
        {
            run.Complete();
        }

        _runs.Clear();
    }

    // A room does not say the ids of what it sent, so what is waited for is whatever is last in the log.
    private static EventId HeadOf(UserSession session)
    {
        lock (session.Gate)
        {
            return session.Log.Head;
        }
    }

    private static void Check(EmitResult result)
    {
        if (!result.IsInLog)
        {
            throw new InvalidOperationException($"An event was refused: {result.Refusal}.");
        }
    }

    private bool IsConnected(UserId user) => _connections.Sessions.Find(user)?.Weigh().HasConnections == true;

    private RunEmitter RunOf(int user)
    {
        if (!_runs.TryGetValue(_names[user], out RunEmitter? run))
        {
            run = _users[user].StartRun("load");
            _runs.Add(_names[user], run);
        }

        return run;
    }
}
