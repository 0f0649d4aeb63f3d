using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Rooms;

public sealed class RoomMessagesTests
{
    [Theory]
    [InlineData("""{"type":"join","ref":"1","room":"open"}""")]
    [InlineData("""{"type":"join","ref":"1","room":"a-room-that-nobody-is-in"}""")]
    public async Task Join_WithoutAPolicy_IsForbidden(string message)
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);

        client.Send(message);

        ErrorMessage error = await client.NextAsync<ErrorMessage>();
        Assert.Equal(("1", ErrorCodes.Forbidden, "The room is not open to you."), (error.Ref, error.Code, error.Message));
        Assert.Equal(0, realtime.Services.GetRequiredService<RoomDirectory>().Count);
    }

    [Fact]
    public async Task Join_PolicyAllows_IsAMemberUntilItLeaves()
    {
        await using RealtimeHarness realtime = new(build: builder => builder.UseRoomPolicy<OpenRooms>());
        FakeClient client = await StartedAsync(realtime);
        RoomEmitter open = realtime.Emitters.CreateFor(new RoomId("open"));

        Assert.Equal("1", await ReplyAsync(client, """{"type":"join","ref":"1","room":"open"}"""));
        Assert.Equal("2", await ReplyAsync(client, """{"type":"join","ref":"2","room":"open"}"""));
        Assert.Equal(1, open.Emit("note", 1).ConnectedMembers);
        Assert.Equal("open", (await client.NextAsync<CustomEvent>()).Room!.Value.Value);

        Assert.Equal("3", await ReplyAsync(client, """{"type":"leave","ref":"3","room":"open"}"""));
        Assert.Equal("4", await ReplyAsync(client, """{"type":"leave","ref":"4","room":"open"}"""));
        Assert.Equal(0, open.Emit("note", 1).Members);
    }

    [Fact]
    public async Task Join_PolicyRefuses_IsForbiddenAlsoWhereOthersAre()
    {
        await using RealtimeHarness realtime = new(build: builder => builder.UseRoomPolicy<OpenRooms>());
        realtime.Services.GetRequiredService<RealtimeRooms>().Join(RealtimeHarness.Bob, new RoomId("closed-with-bob"));
        FakeClient client = await StartedAsync(realtime);

        client.Send("""{"type":"join","ref":"1","room":"closed-with-bob"}""");
        ErrorMessage there = await client.NextAsync<ErrorMessage>();
        client.Send("""{"type":"join","ref":"1","room":"closed-and-empty"}""");
        ErrorMessage notThere = await client.NextAsync<ErrorMessage>();

        Assert.Equal(ErrorCodes.Forbidden, there.Code);
        Assert.Equal(there, notThere);
    }

    [Fact]
    public async Task Join_OneRoomTooMany_IsLimitExceeded()
    {
        await using RealtimeHarness realtime = new(
            options => options.Limits.MaxRoomsPerUser = 1, builder => builder.UseRoomPolicy<OpenRooms>());
        FakeClient client = await StartedAsync(realtime);
        await ReplyAsync(client, """{"type":"join","ref":"1","room":"open"}""");

        client.Send("""{"type":"join","ref":"2","room":"open-too"}""");

        Assert.Equal(ErrorCodes.LimitExceeded, (await client.NextAsync<ErrorMessage>()).Code);
    }

    [Theory]
    [InlineData("""{"type":"join","ref":"1"}""")]
    [InlineData("""{"type":"join","ref":"1","room":7}""")]
    [InlineData("""{"type":"join","ref":"1","room":""}""")]
    [InlineData("""{"type":"join","ref":"1","room":"a\u0000b"}""")]
    [InlineData("""{"type":"leave","ref":"1","room":["open"]}""")]
    [InlineData("""{"type":"leave","ref":"1","room":"\ud800"}""")]
    public async Task Room_ThatIsNoName_IsABadRequest(string message)
    {
        await using RealtimeHarness realtime = new(build: builder => builder.UseRoomPolicy<OpenRooms>());
        FakeClient client = await StartedAsync(realtime);

        client.Send(message);

        Assert.Equal(ErrorCodes.BadRequest, (await client.NextAsync<ErrorMessage>()).Code);
    }

    [Fact]
    public async Task Room_NameAtTheLimitAndOneMore_IsJoinedAndRefused()
    {
        await using RealtimeHarness realtime = new(build: builder => builder.UseRoomPolicy<OpenRooms>());
        FakeClient client = await StartedAsync(realtime);

        Assert.Equal("1", await ReplyAsync(client, $$"""{"type":"join","ref":"1","room":"open{{new string('x', 252)}}"}"""));
        client.Send($$"""{"type":"join","ref":"2","room":"open{{new string('x', 253)}}"}""");

        Assert.Equal(ErrorCodes.BadRequest, (await client.NextAsync<ErrorMessage>()).Code);
    }

    [Fact]
    public async Task Policy_ThatThrows_CostsTheMessageOnly()
    {
        await using RealtimeHarness realtime = new(build: builder => builder.UseRoomPolicy<OpenRooms>());
        FakeClient client = await StartedAsync(realtime);

        client.Send("""{"type":"join","ref":"1","room":"throw"}""");
        ErrorMessage error = await client.NextAsync<ErrorMessage>();

        Assert.Equal(ErrorCodes.Internal, error.Code);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.Equal("2", await ReplyAsync(client, """{"type":"join","ref":"2","room":"open"}"""));
    }

    private static async Task<string?> ReplyAsync(FakeClient client, string message)
    {
        client.Send(message);
        return (await client.NextAsync<ReplyMessage>()).Ref;
    }

    private static async Task<FakeClient> StartedAsync(RealtimeHarness realtime)
    {
        FakeClient client = realtime.Connect(RealtimeHarness.Alice);
        await client.StartedAsync();
        return client;
    }

    private sealed class OpenRooms : IRoomPolicy
    {
        public ValueTask<bool> MayJoinAsync(UserId user, RoomId room, CancellationToken cancellationToken) => room.Value == "throw"
            ? throw new InvalidOperationException("secret")
            : ValueTask.FromResult(room.Value.StartsWith("open", StringComparison.Ordinal));
    }
}
