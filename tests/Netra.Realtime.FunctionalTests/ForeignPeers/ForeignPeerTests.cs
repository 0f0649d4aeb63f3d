using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.ForeignPeers;

/// <summary>What any decent client does, done by a client of somebody else. A class for each of them; none is treated otherwise.</summary>
/// <remarks>Two more are in other folders: Chromium in <c>Browser</c>, and .NET's <c>ClientWebSocket</c>, which is what <see cref="TestClient"/> is made of.</remarks>
public abstract class ForeignPeerTests
{
    private const int Limit = 32 * 1024;

    protected abstract PeerProcess StartPeer();

    [PeerFact]
    public async Task Connect_OffersCompression_IsDeclinedWithoutHarm()
    {
        string offered = "";
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.UsesListener = false; // the request is looked at on its way
            setup.App = app => app.Use((context, next) =>
            {
                offered = context.Request.Headers.SecWebSocketExtensions.ToString();
                return next(context);
            });
        });
        await using PeerProcess peer = StartPeer();

        await peer.ConnectAsync(server, "alice", "", "other", "netra.v1");

        JsonElement open = await peer.NextAsync("open");
        Assert.Equal(("netra.v1", ""), (open.GetProperty("protocol").GetString(), open.GetProperty("extensions").GetString()));
        Assert.StartsWith("permessage-deflate", offered, StringComparison.Ordinal);
        Assert.Equal("alice", Assert.IsType<WelcomeMessage>(await peer.NextMessageAsync()).UserId);
    }

    [PeerTheory]
    [InlineData(null, "", 401)]
    [InlineData("alice,bob", "", 403)]
    [InlineData("alice", "?token=secret", 400)]
    public async Task Connect_Refused_SeesTheStatus(string? user, string query, int status)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using PeerProcess peer = StartPeer();

        await peer.ConnectAsync(server, user, query);

        Assert.Equal(status, (await peer.NextAsync("refused")).GetProperty("status").GetInt32());
    }

    [PeerFact]
    public async Task Run_InABatchOfMoreThanAFrameOf16Bits_ArrivesAsItWasEmitted()
    {
        const string Emoji = "\ud83d\ude00\u2713\u00e9x";
        string large = string.Concat(Enumerable.Repeat("\u2713\u00e9x", 10_000)); // 60,000 bytes: near the most that an event may have
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using PeerProcess peer = await ConnectAsync(server);

        EmitBatch(server, Emoji, large);

        List<string> texts = [];
        while (texts.Count < 6)
        {
            texts.Add(await peer.NextAsync("text", "data"));
        }

        AgentEvent[] events = [.. texts.Select(text => Assert.IsAssignableFrom<AgentEvent>(ServerMessageReader.Read(Encoding.UTF8.GetBytes(text))))];
        Assert.Equal(2, texts.Count(text => text.Contains(Emoji, StringComparison.Ordinal))); // four bytes each on the wire, not escaped
        Assert.Equal([1, 2, 3, 4, 5, 6], events.Select(e => e.Id.Sequence));
        Assert.Equal(["agent_started", "agent_responding", "note", "note", "agent_responding", "agent_completed"], events.Select(e => e.Type));
        Assert.Equal([Emoji, large, large, Emoji], events.Skip(1).SkipLast(1).Select(TextOf));
    }

    [PeerFact]
    public async Task Messages_WholeAndInFragments_AreAnswered()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using PeerProcess peer = await ConnectAsync(server);
        server.EmitterFor("alice").Emit("note", new { });
        EventId id = Assert.IsAssignableFrom<AgentEvent>(await peer.NextMessageAsync()).Id;

        await peer.TellAsync(new { @do = "text", data = $$"""{"type":"ack","id":"{{id}}","ref":"a"}""" });
        await peer.TellAsync(new { @do = "text", data = """{"type":"ping","ref":"p"}""" });
        await peer.TellAsync(new { @do = "fragments", data = new[] { """{"type":"ping",""", "", "\"ref\":\"", "\ud83d\ude00", "\"}" } });

        Assert.Equal("a", Assert.IsType<ReplyMessage>(await peer.NextMessageAsync()).Ref);
        Assert.Equal("p", Assert.IsType<PongMessage>(await peer.NextMessageAsync()).Ref);
        Assert.Equal("\ud83d\ude00", Assert.IsType<PongMessage>(await peer.NextMessageAsync()).Ref);
    }

    [PeerFact]
    public async Task Ping_OfThePeer_ComesBackWithItsPayload()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using PeerProcess peer = await ConnectAsync(server);

        foreach (string payload in new[] { "one", new string('x', 125) })
        {
            await peer.TellAsync(new { @do = "ping", data = payload });
            Assert.Equal(payload, await peer.NextAsync("pong", "data"));
        }
    }

    [PeerFact]
    public async Task Peer_ThatOnlyReads_StaysWhileASilentOneIsGivenUp()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Heartbeat.Interval = TimeSpan.FromMilliseconds(500);
            options.Heartbeat.Timeout = TimeSpan.FromSeconds(2);
        });
        await using PeerProcess peer = await ConnectAsync(server);
        using RawClient silent = await RawClient.OpenAsync(server, "bob");

        await silent.WhenEndedAsync();
        server.EmitterFor("alice").Emit("note", new { });

        Assert.Equal(1, Assert.IsAssignableFrom<AgentEvent>(await peer.NextMessageAsync()).Id.Sequence);
    }

    [PeerFact]
    public async Task Close_OfTheServer_IsSeenWithItsCodeAndReason()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        foreach (CloseReason reason in new[] { CloseReason.Normal, CloseReason.GoingAway, CloseReason.ServiceRestart, CloseReason.Revoked })
        {
            await using PeerProcess peer = await ConnectAsync(server);

            server.Registry.CloseAll(reason);

            Assert.Equal((reason.Code, reason.Reason, ""), await peer.CloseAsync());
            await server.Registry.WhenEmptyAsync().OrFail();
        }
    }

    [PeerFact]
    public async Task Close_OfThePeer_IsAnsweredAndClean()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using CloseWatch closes = new(server);
        await using PeerProcess peer = await ConnectAsync(server);

        await peer.TellAsync(new { @do = "close", code = 1000, reason = "done" });

        (int code, _, string? error) = await peer.CloseAsync();
        Assert.Equal((1000, ""), (code, error));
        await closes.WhenClosedAsync(1000);
        await server.Registry.WhenEmptyAsync().OrFail();
    }

    [PeerTheory]
    [InlineData("binary", "00ff", 1, 1003)]
    [InlineData("invalid", "78", Limit + 1, 1009)]
    [InlineData("invalid", "c328", 1, 1007)]
    public async Task Message_ThatIsNotAccepted_ClosesWithItsCode(string what, string hex, int times, int code)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using PeerProcess peer = await ConnectAsync(server);

        await peer.TellAsync(new { @do = what, data = string.Concat(Enumerable.Repeat(hex, times)) });

        (int closed, string? reason, string? error) = await peer.CloseAsync();
        Assert.Equal((code, ""), (closed, error));
        if (!TestTransport.IsSystemNet || code != 1007)
        {
            Assert.NotEmpty(reason!); // the framework's WebSocket says its own 1007 without one
        }
    }

    private async Task<PeerProcess> ConnectAsync(RealtimeServer server)
    {
        PeerProcess peer = StartPeer();
        await peer.ConnectAsync(server, "alice");
        await peer.NextAsync("open");
        Assert.IsType<WelcomeMessage>(await peer.NextMessageAsync());
        return peer;
    }

    private static void EmitBatch(RealtimeServer server, string small, string large)
    {
        UserEventEmitter emitter = server.EmitterFor("alice");
        using (server.Services.GetRequiredService<EventEmitterFactory>().Batch())
        {
            using RunEmitter run = emitter.StartRun("researcher");
            run.Respond(small);
            Assert.Equal(default, emitter.Emit("note", new { Text = large }).Refusal);
            Assert.Equal(default, emitter.Emit("note", new { Text = large }).Refusal);
            run.Respond(small);
            run.Complete();
        }
    }

    private static string TextOf(AgentEvent e) => e switch
    {
        AgentResponding responding => responding.Delta,
        CustomEvent custom => custom.Payload.GetProperty("text").GetString()!,
        _ => throw new InvalidOperationException(e.Type),
    };
}
