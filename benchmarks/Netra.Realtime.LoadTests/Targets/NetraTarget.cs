using Netra.Realtime.AspNetCore;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using EventId = Netra.Realtime.Protocol.EventId;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>The endpoint as a host maps it, with the library's own retention of each user; only what counts users is raised.</summary>
internal sealed class NetraTarget : Target
{
    private static readonly RoomId All = RoomId.Parse("all", null);
    private readonly Dictionary<string, RunEmitter> _runs = new(StringComparer.Ordinal);
    private readonly HashSet<string> _members = new(StringComparer.Ordinal);
    private string[] _names = [];
    private UserEventEmitter[] _users = [];
    private EventId[] _last = [];
    private EventEmitterFactory _emitters = null!;
    private RealtimeRooms _rooms = null!;
    private RoomEmitter _room = null!;

    public override void AddTo(WebApplicationBuilder builder)
    {
        builder.Services.AddQueryAuthentication();
        builder.Services.AddNetraRealtime(o =>
        {
            o.Limits.MaxConnections = 100_000;
            o.Limits.MaxConnectionsPerUser = 1_000; // a driver may come before its predecessor's sockets have ended
            o.Retention.TotalBytes = 4L * 1024 * 1024 * 1024;
        }).IdentifyBy(principal => UserId.Create(principal.FindFirst("sub")?.Value));
    }

    public override void MapTo(WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapNetraRealtime("/ws").RequireAuthorization();
        _emitters = app.Services.GetRequiredService<EventEmitterFactory>();
        _rooms = app.Services.GetRequiredService<RealtimeRooms>();
        _room = _emitters.CreateFor(All);
    }

    public override void Prepare(string[] users)
    {
        _names = users;
        _users = [.. users.Select(user => _emitters.CreateFor(UserId.Create(user)))];
        _last = new EventId[users.Length];
    }

    public override void Send(int user, Payload payload) => Note(user, _users[user].Emit("event", payload, PayloadJson.Default.Payload));

    public override void SendDelta(int user, string delta) => Note(user, RunOf(user).Respond(delta));

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
        if (_members.Count < _names.Length)
        {
            foreach (string user in _names.Where(_members.Add))
            {
                _rooms.Join(UserId.Create(user), All);
            }
        }

        RoomEmitResult result = _room.Emit("event", payload, PayloadJson.Default.Payload);
        if (result.Members != _names.Length)
        {
            throw new InvalidOperationException($"The room has {result.Members} members, not {_names.Length}.");
        }
    }

    public override async Task WhenWrittenAsync(CancellationToken cancellationToken)
    {
        for (int user = 0; user < _last.Length; user++)
        {
            if (!_last[user].IsEmpty)
            {
                await _users[user].WhenDeliveredAsync(_last[user], cancellationToken);
            }
        }
    }

    private RunEmitter RunOf(int user)
    {
        if (!_runs.TryGetValue(_names[user], out RunEmitter? run))
        {
            run = _users[user].StartRun("load");
            _runs.Add(_names[user], run);
        }

        return run;
    }

    private void Note(int user, EmitResult result)
    {
        if (!result.IsInLog)
        {
            throw new InvalidOperationException($"An event was refused: {result.Refusal}.");
        }

        _last[user] = result.EventId;
    }
}
