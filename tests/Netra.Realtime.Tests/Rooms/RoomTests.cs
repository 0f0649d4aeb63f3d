using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Rooms;

public sealed class RoomTests
{
    private static readonly RoomId Lobby = new("lobby");
    private static readonly UserId Alice = RealtimeHarness.Alice;
    private static readonly UserId Bob = RealtimeHarness.Bob;

    [Fact]
    public async Task Emit_ToARoom_ReachesItsMembersAndNobodyElse()
    {
        await using RealtimeHarness realtime = new();
        RealtimeRooms rooms = Rooms(realtime);
        FakeClient alice = await StartedAsync(realtime, Alice);
        FakeClient alicesPhone = await StartedAsync(realtime, Alice);
        FakeClient bob = await StartedAsync(realtime, Bob);
        FakeClient carol = await StartedAsync(realtime, UserId.Create("carol"));
        rooms.Join(Alice, Lobby);
        rooms.Join(Bob, Lobby);

        RoomEmitResult result = realtime.Emitters.CreateFor(Lobby).Emit("note", new { N = 1 });

        Assert.Equal((2, 2, EmitRefusal.None), (result.Members, result.ConnectedMembers, result.Refusal));
        foreach (FakeClient member in new[] { alice, alicesPhone, bob })
        {
            CustomEvent note = await member.NextAsync<CustomEvent>();
            Assert.Equal((Lobby, 1L, "note"), (note.Room!.Value, note.Id.Sequence, note.Type));
        }

        realtime.Emitters.CreateFor(UserId.Create("carol")).Emit("own", 1);
        CustomEvent own = await carol.NextAsync<CustomEvent>();
        Assert.Equal(("own", 1L), (own.Type, own.Id.Sequence));
        Assert.Null(own.Room);
    }

    [Fact]
    public async Task Emit_MemberWhoIsAway_GetsItAfterTheResume()
    {
        await using RealtimeHarness realtime = new();
        FakeClient first = realtime.Connect(Alice);
        (WelcomeMessage welcome, _) = await first.StartedAsync();
        Rooms(realtime).Join(Alice, Lobby);
        first.Transport.Cut();
        await first.EndedAsync();

        RoomEmitResult away = realtime.Emitters.CreateFor(Lobby).Emit("note", 1);
        FakeClient again = realtime.Connect(Alice, request => request with { LastEventId = welcome.LastEventId.ToString() });
        (WelcomeMessage resumed, List<AgentEvent> replay) = await again.StartedAsync();

        Assert.Equal((1, 0), (away.Members, away.ConnectedMembers));
        Assert.True(resumed.Resumed);
        Assert.Equal(Lobby, Assert.Single(replay).Room);
    }

    [Fact]
    public async Task Join_UserWhoWasNeverConnected_FindsTheEventsWhenItComes()
    {
        await using RealtimeHarness realtime = new();
        Rooms(realtime).Join(Alice, Lobby);
        realtime.Emitters.CreateFor(Lobby).Emit("note", 1);

        (_, List<AgentEvent> replay) = await realtime.Connect(Alice).StartedAsync();

        Assert.Equal("note", Assert.Single(replay).Type);
    }

    [Fact]
    public async Task Room_OfTheSameNameInAnotherTenant_IsAnotherRoom()
    {
        await using RealtimeHarness realtime = new();
        UserId ofA = UserId.Create("alice", "a");
        UserId ofB = UserId.Create("alice", "b");
        Rooms(realtime).Join(ofA, Lobby);
        Rooms(realtime).Join(ofB, Lobby);
        Rooms(realtime).Join(Alice, Lobby);

        RoomEmitResult result = realtime.Emitters.CreateFor(Lobby, "a").Emit("note", 1);

        Assert.Equal(1, result.Members);
        Assert.Equal(1, realtime.Sessions.Find(ofA)!.Log.Head.Sequence);
        Assert.Equal(0, realtime.Sessions.Find(ofB)!.Log.Head.Sequence);
        Assert.Equal(0, realtime.Sessions.Find(Alice)!.Log.Head.Sequence);
    }

    [Fact]
    public async Task Leave_Member_GetsNothingMoreAndTheEmptyRoomIsGone()
    {
        await using RealtimeHarness realtime = new();
        Rooms(realtime).Join(Alice, Lobby);

        Assert.True(Rooms(realtime).Leave(Alice, Lobby));

        Assert.False(Rooms(realtime).Leave(Alice, Lobby));
        Assert.False(Rooms(realtime).Leave(Bob, Lobby));
        Assert.Equal(0, realtime.Emitters.CreateFor(Lobby).Emit("note", 1).Members);
        Assert.Equal(0, Directory(realtime).Count);
    }

    [Fact]
    public async Task Join_Twice_IsOneMembership()
    {
        await using RealtimeHarness realtime = new();

        Assert.Equal(RoomJoinOutcome.Joined, Rooms(realtime).Join(Alice, Lobby));
        Assert.Equal(RoomJoinOutcome.Joined, Rooms(realtime).Join(Alice, Lobby));

        Assert.Equal(1, realtime.Emitters.CreateFor(Lobby).Emit("note", 1).Members);
        Assert.Equal(1, realtime.Sessions.Find(Alice)!.Log.Head.Sequence);
    }

    [Fact]
    public async Task Join_AtTheLimitAndOneMore_RefusesAndLeavesNoEmptyRoom()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxRoomsPerUser = 3);
        RealtimeRooms rooms = Rooms(realtime);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(RoomJoinOutcome.Joined, rooms.Join(Alice, new RoomId($"r{i}")));
        }

        Assert.Equal(RoomJoinOutcome.LimitExceeded, rooms.Join(Alice, new RoomId("r3")));

        Assert.Equal(RoomJoinOutcome.Joined, rooms.Join(Alice, new RoomId("r2")));
        Assert.Equal(3, Directory(realtime).Count);
        rooms.Leave(Alice, new RoomId("r0"));
        Assert.Equal(RoomJoinOutcome.Joined, rooms.Join(Alice, new RoomId("r3")));
    }

    [Fact]
    public async Task Session_Evicted_LeavesAllItsRooms()
    {
        await using RealtimeHarness realtime = new();
        Rooms(realtime).Join(Alice, Lobby);
        Rooms(realtime).Join(Alice, new RoomId("other"));
        Rooms(realtime).Join(Bob, new RoomId("other"));
        await StartedAsync(realtime, Bob);

        realtime.Time.Advance(TimeSpan.FromSeconds(181));
        realtime.Sessions.Sweep();

        Assert.Null(realtime.Sessions.Find(Alice));
        Assert.Equal(1, Directory(realtime).Count);
        Assert.Equal(0, realtime.Emitters.CreateFor(Lobby).Emit("note", 1).Members);
        Assert.Equal(1, realtime.Emitters.CreateFor(new RoomId("other")).Emit("note", 1).Members);
    }

    [Fact]
    public async Task Join_RacingWithLeaveAndEviction_MembershipAndRoomAgree()
    {
        await using RealtimeHarness realtime = new(options => (options.Limits.MaxConnections, options.Retention.MaxRetired) = (3, 3));
        RealtimeRooms rooms = Rooms(realtime);
        RoomEmitter emitter = realtime.Emitters.CreateFor(Lobby);
        Task[] racers = [.. Enumerable.Range(0, 4).Select(racer => Task.Run(() =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                switch ((i + racer) % 4)
                {
                    case 0:
                        rooms.Join(Alice, Lobby);
                        break;
                    case 1:
                        emitter.Emit("note", i);
                        break;
                    case 2:
                        realtime.Emitters.CreateFor(UserId.Create($"u{i % 16}")).Emit("push", i); // pushes Alice out
                        break;
                    default:
                        rooms.Leave(Alice, Lobby);
                        break;
                }
            }
        }))];
        await Task.WhenAll(racers).OrFail();

        rooms.Join(Alice, Lobby);
        Assert.Equal(1, emitter.Emit("note", 1).Members);
        rooms.Leave(Alice, Lobby);
        Assert.Equal(0, emitter.Emit("note", 1).Members);
        Assert.Equal(0, Directory(realtime).Count);
    }

    [Fact]
    public async Task Emit_PayloadThatDoesNotSerialize_IsRefusedAndInNobodysLog()
    {
        await using RealtimeHarness realtime = new();
        Rooms(realtime).Join(Alice, Lobby);

        RoomEmitResult result = realtime.Emitters.CreateFor(Lobby).Emit("note", new Func<int>(() => 1));

        Assert.Equal((EmitRefusal.NotSerializable, 0), (result.Refusal, result.Members));
        Assert.Equal(0, realtime.Sessions.Find(Alice)!.Log.Head.Sequence);
    }

    [Fact]
    public async Task Latest_OfTwoRoomsAndOfTheUser_SupersedeOnlyTheirOwn()
    {
        await using RealtimeHarness realtime = new();
        RoomId other = new("other");
        Rooms(realtime).Join(Alice, Lobby);
        Rooms(realtime).Join(Alice, other);

        realtime.Emitters.CreateFor(Alice).Emit("price", 1, EmitOptions.Latest("x"));
        realtime.Emitters.CreateFor(Lobby).Emit("price", 2, EmitOptions.Latest("x"));
        realtime.Emitters.CreateFor(other).Emit("price", 3, EmitOptions.Latest("x"));
        realtime.Emitters.CreateFor(Lobby).Emit("price", 4, EmitOptions.Latest("x"));
        (_, List<AgentEvent> replay) = await realtime.Connect(Alice).StartedAsync();

        Assert.Equal([1, 3, 4], replay.Cast<CustomEvent>().Select(e => e.Payload.GetInt32()));
    }

    [Fact]
    public async Task Emit_OneMembersConnectionHasToGoAndTheLoggerThrows_ReachesTheOthersAllTheSame()
    {
        using LogProbe throwing = new(1001);
        await using RealtimeHarness realtime = new(
            options => options.Retention.MaxEvents = 10,
            builder => builder.Services.AddSingleton<ILoggerFactory>(throwing));
        FakeClient alice = await StartedAsync(realtime, Alice);
        Rooms(realtime).Join(Alice, Lobby);
        for (int i = 0; i < 8; i++)
        {
            Rooms(realtime).Join(UserId.Create($"u{i}"), Lobby);
        }

        alice.Transport.Stall();
        realtime.Emitters.CreateFor(Alice).Emit("note", 0); // hangs
        RoomEmitter lobby = realtime.Emitters.CreateFor(Lobby);
        for (int i = 1; i <= 20; i++) // the window moves on over it
        {
            Assert.Equal(9, lobby.Emit("note", i).Members);
        }

        Assert.Equal(20, realtime.Sessions.Find(UserId.Create("u0"))!.Log.Head.Sequence);
        alice.Transport.Cut();
        Assert.Equal(CloseReason.SlowConsumer, await alice.Run.OrFail());
    }

    [Fact]
    public async Task CreateFor_TenantThatNoUserCanHave_IsRefused()
    {
        await using RealtimeHarness realtime = new();

        Assert.Throws<ArgumentException>(() => realtime.Emitters.CreateFor(Lobby, ""));
        Assert.Throws<ArgumentException>(() => realtime.Emitters.CreateFor(Lobby, "a\n"));
    }

    private static RealtimeRooms Rooms(RealtimeHarness realtime) => (RealtimeRooms)realtime.Services.GetService(typeof(RealtimeRooms))!;

    private static RoomDirectory Directory(RealtimeHarness realtime) => (RoomDirectory)realtime.Services.GetService(typeof(RoomDirectory))!;

    private static async Task<FakeClient> StartedAsync(RealtimeHarness realtime, UserId user)
    {
        FakeClient client = realtime.Connect(user);
        await client.StartedAsync();
        return client;
    }
}
