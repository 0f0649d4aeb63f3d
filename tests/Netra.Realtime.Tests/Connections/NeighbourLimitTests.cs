using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

/// <summary>Each limit at its value and one above it, and what is beside it: another connection of the user, and another user.</summary>
public sealed class NeighbourLimitTests
{
    [Fact]
    public async Task MessageRate_OneAboveTheBurstTwice_EndsThatConnectionOnly()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MessageBurst = 3);
        (FakeClient client, FakeClient beside, FakeClient bob) = await ThreeAsync(realtime);
        for (int i = 0; i < 3; i++)
        {
            await client.RoundTripAsync();
        }

        client.Send("""{"type":"ping"}""");
        Assert.Equal(ErrorCodes.RateLimited, (await client.NextAsync<ErrorMessage>()).Code);
        client.Send("""{"type":"ping"}""");

        Assert.Equal(CloseReason.RateLimit, await client.EndedAsync());
        await beside.RoundTripAsync();
        await bob.RoundTripAsync();
    }

    [Fact]
    public async Task MessageSize_OneByteAbove_EndsThatConnectionOnly()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxMessageBytes = 1024);
        (FakeClient client, FakeClient beside, FakeClient bob) = await ThreeAsync(realtime);
        client.Send("""{"type":"ping"}""".PadRight(1024));
        await client.NextAsync<PongMessage>();

        client.Send("""{"type":"ping"}""".PadRight(1025));

        Assert.Equal(CloseReason.MessageTooBig, await client.EndedAsync());
        await beside.RoundTripAsync();
        await bob.RoundTripAsync();
    }

    [Fact]
    public async Task FilterEntries_OneAbove_ChangesNoFilter()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxFilterEntries = 2);
        (FakeClient client, FakeClient beside, FakeClient bob) = await ThreeAsync(realtime);
        client.Send("""{"type":"subscribe","ref":"1","threads":["t-1","t-2"]}""");
        await client.NextAsync<ReplyMessage>();

        client.Send("""{"type":"subscribe","ref":"2","threads":["t-1","t-2","t-3"]}""");

        Assert.Equal(ErrorCodes.LimitExceeded, (await client.NextAsync<ErrorMessage>()).Code);
        foreach (string thread in (string[])["t-3", "t-2"])
        {
            realtime.Emitters.CreateFor(RealtimeHarness.Alice, new ThreadId(thread)).Emit("note", 1);
            realtime.Emitters.CreateFor(RealtimeHarness.Bob, new ThreadId(thread)).Emit("note", 1);
        }

        Assert.Equal("t-2", (await client.UntilAsync<CustomEvent>()).ThreadId?.Value);
        Assert.Equal("t-3", (await beside.UntilAsync<CustomEvent>()).ThreadId?.Value);
        Assert.Equal("t-3", (await bob.UntilAsync<CustomEvent>()).ThreadId?.Value);
    }

    [Fact]
    public async Task Rooms_OneAbove_OthersJoinAndTheJoinedStay()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxRoomsPerUser = 1);
        RealtimeRooms rooms = realtime.Services.GetRequiredService<RealtimeRooms>();
        RoomId full = new("r-1");
        RoomId other = new("r-2");
        Assert.Equal(RoomJoinOutcome.Joined, rooms.Join(RealtimeHarness.Alice, full));

        Assert.Equal(RoomJoinOutcome.LimitExceeded, rooms.Join(RealtimeHarness.Alice, other));

        Assert.Equal(RoomJoinOutcome.Joined, rooms.Join(RealtimeHarness.Bob, full));
        Assert.Equal(2, realtime.Emitters.CreateFor(full).Emit("note", 1).Members);
    }

    [Fact]
    public async Task Connections_OneAboveOfAUser_TheOwnLiveAndAnotherUserIsWelcome()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxConnectionsPerUser = 2);
        (FakeClient client, FakeClient beside, FakeClient bob) = await ThreeAsync(realtime);

        Assert.Equal(CloseReason.UserConnectionLimit, await realtime.Connect(RealtimeHarness.Alice).EndedAsync());

        await realtime.Connect(RealtimeHarness.Bob).StartedAsync();
        await client.RoundTripAsync();
        await beside.RoundTripAsync();
        await bob.RoundTripAsync();
    }

    [Fact]
    public async Task Connections_OneAboveInAll_ThoseThatAreThereLive()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxConnections = 3);
        (FakeClient client, FakeClient beside, FakeClient bob) = await ThreeAsync(realtime);

        Assert.Equal(CloseReason.TotalConnectionLimit, await realtime.Connect(UserId.Create("carol")).EndedAsync());

        await client.RoundTripAsync();
        await beside.RoundTripAsync();
        await bob.RoundTripAsync();
    }

    private static async Task<(FakeClient Client, FakeClient Beside, FakeClient Bob)> ThreeAsync(RealtimeHarness realtime)
    {
        FakeClient[] three = [realtime.Connect(), realtime.Connect(), realtime.Connect(RealtimeHarness.Bob)];
        foreach (FakeClient client in three)
        {
            await client.StartedAsync();
        }

        return (three[0], three[1], three[2]);
    }
}
