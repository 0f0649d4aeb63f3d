using System.Security.Claims;
using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Netra.Realtime.AspNetCore;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using EventId = Netra.Realtime.Protocol.EventId;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>The endpoint as a host maps it, with limits and retention that neither refuse nor trim the load.</summary>
public sealed class NetraTarget : Target
{
    private static readonly RoomId All = RoomId.Parse("all", null);
    private readonly ConcurrentDictionary<string, UserEventEmitter> _users = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RunEmitter> _runs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, EventId> _last = new(StringComparer.Ordinal);
    private readonly HashSet<string> _members = [];
    private EventEmitterFactory _emitters = null!;
    private RealtimeRooms _rooms = null!;

    public override void AddTo(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication("query").AddScheme<AuthenticationSchemeOptions, QueryAuthentication>("query", null);
        builder.Services.AddAuthorization();
        builder.Services.AddNetraRealtime(o =>
        {
            o.Limits.MaxConnections = 100_000;
            o.Limits.MaxConnectionsPerUser = 1_000;
            o.Retention.MaxEvents = 1_000_000;
            o.Retention.MaxBytes = 256 * 1024 * 1024;
            o.Retention.MaxRetired = 100_000;
            o.Retention.TotalBytes = 8L * 1024 * 1024 * 1024;
        }).IdentifyBy(principal => UserId.Create(principal.FindFirstValue("sub")));
    }

    public override void MapTo(WebApplication app)
    {
        app.MapNetraRealtime("/ws").RequireAuthorization();
        _emitters = app.Services.GetRequiredService<EventEmitterFactory>();
        _rooms = app.Services.GetRequiredService<RealtimeRooms>();
    }

    public override void Send(string user, Payload payload) => Note(user, For(user).Emit("event", payload, PayloadJson.Default.Payload));

    public override void SendBatch(string user, Payload[] payloads)
    {
        using (_emitters.Batch())
        {
            foreach (Payload payload in payloads)
            {
                Send(user, payload);
            }
        }
    }

    public override void SendBurst(string user, string[] deltas)
    {
        RunEmitter run = _runs.GetOrAdd(user, static (u, me) => me.For(u).StartRun("load"), this);
        using (_emitters.Batch())
        {
            foreach (string delta in deltas)
            {
                Note(user, run.Respond(delta));
            }
        }
    }

    public override void Broadcast(IReadOnlyList<string> users, Payload payload)
    {
        foreach (string user in users)
        {
            if (_members.Add(user))
            {
                _rooms.Join(UserId.Create(user), All);
            }
        }

        RoomEmitResult result = _emitters.CreateFor(All).Emit("event", payload, PayloadJson.Default.Payload);
        if (result.Members != users.Count)
        {
            throw new InvalidOperationException($"The room has {result.Members} members, not {users.Count}.");
        }
    }

    public override async Task WhenWrittenAsync()
    {
        foreach ((string user, EventId last) in _last)
        {
            await For(user).WhenDeliveredAsync(last);
        }

        _last.Clear();
    }

    private void Note(string user, EmitResult result)
    {
        if (!result.IsInLog)
        {
            throw new InvalidOperationException($"An event was refused: {result.Refusal}.");
        }

        _last[user] = result.EventId;
    }

    private UserEventEmitter For(string user) => _users.GetOrAdd(user, static (u, me) => me._emitters.CreateFor(UserId.Create(u)), this);

    private sealed class QueryAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            ClaimsPrincipal user = new(new ClaimsIdentity([new Claim("sub", Request.Query["user"].ToString())], "query"));
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(user, "query")));
        }
    }
}
