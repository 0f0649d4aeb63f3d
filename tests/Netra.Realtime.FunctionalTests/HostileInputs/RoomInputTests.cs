using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.AspNetCore;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>What a client can try with rooms: those of others, too many of them, names that look like another's key, and the same one twice.</summary>
public sealed class RoomInputTests
{
    [Fact]
    public async Task Join_RoomOfOthersAndOneThatIsNot_AreTheSameAnswerAndNothingOfItIsShown()
    {
        await using RealtimeServer server = await StartAsync();
        await using TestClient mallory = await TestClient.ConnectAsync(server, "mallory");
        Rooms(server).Join(UserId.Create("alice"), new RoomId("closed"));

        await mallory.SendAsync("""{"type":"join","ref":"1","room":"closed"}""");
        ErrorMessage there = await mallory.NextControlAsync<ErrorMessage>();
        await mallory.SendAsync("""{"type":"join","ref":"1","room":"closed-missing"}""");
        ErrorMessage missing = await mallory.NextControlAsync<ErrorMessage>();

        Assert.Equal("forbidden", there.Code);
        Assert.Equal(there, missing);
        Assert.Equal(1, Emitters(server).CreateFor(new RoomId("closed")).Emit("note", "secret").Members);
        await ProveNextIsOwnAsync(server, mallory, "mallory");
    }

    [Fact]
    public async Task Join_EndlesslyManyRooms_IsLimitExceededThenClosedAndNoRoomIsLeftOver()
    {
        const int MaxRooms = 5;
        const int MaxRefused = 20;
        await using RealtimeServer server = await StartAsync(options =>
        {
            options.Limits.MaxRoomsPerUser = MaxRooms;
            options.Limits.MaxRefusedMessagesPerMinute = MaxRefused;
        });
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        for (int i = 0; i < MaxRooms; i++)
        {
            await JoinAsync(client, $"open-{i}");
        }

        for (int i = 0; i < MaxRefused; i++)
        {
            await client.SendAsync($$"""{"type":"join","ref":"{{i}}","room":"open-more-{{i}}"}""");
            ErrorMessage error = await client.NextControlAsync<ErrorMessage>();
            Assert.Equal(("limit_exceeded", $"{i}"), (error.Code, error.Ref));
        }

        Assert.Equal(MaxRooms, server.Services.GetRequiredService<RoomDirectory>().Count);
        await client.SendAsync("""{"type":"join","room":"open-one-too-many"}""");
        Assert.Equal(1008, (await client.Closed).Code);
        Assert.Equal(MaxRooms, server.Services.GetRequiredService<RoomDirectory>().Count); // the memberships outlast the connection
    }

    [Fact]
    public async Task Join_NameOfTenKilobytes_IsABadRequest()
    {
        await using RealtimeServer server = await StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        await client.SendAsync($$"""{"type":"join","ref":"1","room":"open{{new string('x', 10 * 1024)}}"}""");

        Assert.Equal("bad_request", (await client.NextControlAsync<ErrorMessage>()).Code);
        Assert.Equal(0, server.Services.GetRequiredService<RoomDirectory>().Count);
        await ProveNextIsOwnAsync(server, client, "alice");
    }

    [Theory]
    [InlineData("one:open")]
    [InlineData("one/open")]
    [InlineData("one|open")]
    [InlineData("3:one4:open")]
    [InlineData("Open")]
    [InlineData("open ")]
    [InlineData("open")]
    public async Task Join_NameLikeTheKeyOfATenantsRoom_IsAnotherRoom(string name)
    {
        await using RealtimeServer server = await StartAsync();
        await using TestClient ofTenant = await TestClient.ConnectAsync(
            server, "alice", configure: options => options.SetRequestHeader(TestAuthentication.TenantHeader, "one"));
        await using TestClient ofNone = await TestClient.ConnectAsync(server, "alice");
        await JoinAsync(ofTenant, "open");
        await JoinAsync(ofNone, name);

        RoomEmitResult toTenant = Emitters(server).CreateFor(new RoomId("open"), "one").Emit("for_tenant", 1);
        RoomEmitResult toNone = Emitters(server).CreateFor(new RoomId(name)).Emit("for_none", 1);

        Assert.Equal((1, 1), (toTenant.Members, toNone.Members));
        Assert.Equal(("for_tenant", 1L), TypeAndSequence(await ofTenant.NextEventAsync()));
        Assert.Equal(("for_none", 1L), TypeAndSequence(await ofNone.NextEventAsync()));
        await ProveNextIsOwnAsync(server, ofTenant, "alice", "one");
        await ProveNextIsOwnAsync(server, ofNone, "alice");
    }

    [Fact]
    public async Task Join_Twice_IsTheSameAnswerAndOneMembership()
    {
        await using RealtimeServer server = await StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        RoomEmitter room = Emitters(server).CreateFor(new RoomId("open"));

        await JoinAsync(client, "open");
        await JoinAsync(client, "open");
        Assert.Equal((1, 1), (room.Emit("note", 1).Members, server.Services.GetRequiredService<RoomDirectory>().Count));
        Assert.Equal(1, (await client.NextEventAsync()).Id.Sequence);

        foreach (string reference in new[] { "1", "2" })
        {
            await client.SendAsync($$"""{"type":"leave","ref":"{{reference}}","room":"open"}""");
            ReplyMessage reply = await client.NextControlAsync<ReplyMessage>();
            Assert.Equal((reference, null), (reply.Ref, reply.Data));
            Assert.Equal(0, room.Emit("note", 2).Members); // one leave is enough
        }

        await ProveNextIsOwnAsync(server, client, "alice");
    }

    private static async Task JoinAsync(TestClient client, string room)
    {
        await client.SendAsync($$"""{"type":"join","ref":"same","room":"{{room}}"}""");
        ReplyMessage reply = await client.NextControlAsync<ReplyMessage>();
        Assert.Equal(("same", null), (reply.Ref, reply.Data));
    }

    // The log has no gap: whatever else had been in it would stand before this.
    private static async Task ProveNextIsOwnAsync(RealtimeServer server, TestClient client, string user, string? tenant = null)
    {
        EmitResult own = server.EmitterFor(user, tenant: tenant).Emit("own", 0);
        AgentEvent next = await client.NextEventAsync();
        Assert.Equal(("own", own.EventId), (next.Type, next.Id));
    }

    private static (string Type, long Sequence) TypeAndSequence(AgentEvent e) => (e.Type, (long)e.Id.Sequence);

    private static EventEmitterFactory Emitters(RealtimeServer server) => server.Services.GetRequiredService<EventEmitterFactory>();

    private static RealtimeRooms Rooms(RealtimeServer server) => server.Services.GetRequiredService<RealtimeRooms>();

    private static Task<RealtimeServer> StartAsync(Action<RealtimeOptions>? configure = null) => RealtimeServer.StartAsync(setup =>
    {
        setup.Options = options =>
        {
            options.Limits.MessageBurst = 1_000;
            configure?.Invoke(options);
        };
        setup.Realtime = realtime => realtime
            .IdentifyBy(principal => UserId.Create(principal.FindFirstValue("sub"), principal.FindFirstValue("tid")))
            .UseRoomPolicy<OpenRooms>();
    });

    /// <summary>Everybody may be where it does not say "closed".</summary>
    private sealed class OpenRooms : IRoomPolicy
    {
        public ValueTask<bool> MayJoinAsync(UserId user, RoomId room, CancellationToken cancellationToken) =>
            ValueTask.FromResult(!room.Value.StartsWith("closed", StringComparison.Ordinal));
    }
}
