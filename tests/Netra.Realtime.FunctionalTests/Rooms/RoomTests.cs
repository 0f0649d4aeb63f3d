using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;

namespace Netra.Realtime.FunctionalTests.Rooms;

public sealed class RoomTests
{
    [Fact]
    public async Task Member_JoinedBeforeACut_GetsTheRoomsEventsAfterTheResume()
    {
        await using RealtimeServer server = await StartAsync();
        using CloseWatch closes = new(server);
        await using TestClient bob = await TestClient.ConnectAsync(server, "bob");
        server.Services.GetRequiredService<RealtimeRooms>().Join(UserId.Create("bob"), new RoomId("team"));
        RoomEmitter team = server.Services.GetRequiredService<EventEmitterFactory>().CreateFor(new RoomId("team"));
        EventId handled;
        await using (TestClient alice = await TestClient.ConnectAsync(server, "alice"))
        {
            await alice.SendAsync("""{"type":"join","ref":"1","room":"team"}""");
            Assert.Equal("1", (await alice.NextControlAsync<ReplyMessage>()).Ref);
            Assert.Equal((2, 2), team.Emit("note", new { N = 1 }) is var both ? (both.Members, both.ConnectedMembers) : default);
            handled = (await alice.NextEventAsync()).Id;
        }

        await closes.WhenClosedAsync(1006);
        RoomEmitResult away = team.Emit("note", new { N = 2 });
        await using TestClient again = await TestClient.ConnectAsync(server, "alice", $"last_event_id={handled}");

        Assert.Equal((2, 1), (away.Members, away.ConnectedMembers));
        Assert.True(again.Welcome.Resumed);
        AgentEvent missed = await again.NextEventAsync();
        Assert.Equal(("team", handled.At(2)), (missed.Room!.Value.Value, missed.Id));
        Assert.Equal([1, 2], (await bob.NextEventsAsync(2)).Select(e => e.Id.Sequence));
    }

    [Fact]
    public async Task Join_RefusedByThePolicy_IsForbiddenAndNothingOfTheRoomArrives()
    {
        await using RealtimeServer server = await StartAsync();
        server.Services.GetRequiredService<RealtimeRooms>().Join(UserId.Create("bob"), new RoomId("private"));
        await using TestClient alice = await TestClient.ConnectAsync(server, "alice");

        await alice.SendAsync("""{"type":"join","ref":"1","room":"private"}""");
        ErrorMessage error = await alice.NextControlAsync<ErrorMessage>();
        int members = server.Services.GetRequiredService<EventEmitterFactory>().CreateFor(new RoomId("private")).Emit("note", 1).Members;
        server.EmitterFor("alice").Emit("own", 1);

        Assert.Equal((ErrorCodes.Forbidden, 1), (error.Code, members));
        Assert.Equal(("own", 1L), await alice.NextEventAsync() is var own ? (own.Type, own.Id.Sequence) : default);
    }

    private static Task<RealtimeServer> StartAsync() => RealtimeServer.StartAsync(setup => setup.Realtime = builder => builder.UseRoomPolicy<TeamOnly>());

    private sealed class TeamOnly : IRoomPolicy
    {
        public ValueTask<bool> MayJoinAsync(UserId user, RoomId room, CancellationToken cancellationToken) => ValueTask.FromResult(room.Value == "team");
    }
}
