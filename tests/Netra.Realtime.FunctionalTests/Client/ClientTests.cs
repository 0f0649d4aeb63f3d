using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Netra.Realtime.Client;
using Netra.Realtime.Client.Runs;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Client;

/// <summary>The .NET client at a real server, when nothing goes wrong or when it is sent away.</summary>
public sealed class ClientTests
{
    private static readonly JsonTypeInfo<JsonObject> Fields = (JsonTypeInfo<JsonObject>)JsonSerializerOptions.Web.GetTypeInfo(typeof(JsonObject));

    [Fact]
    public async Task Run_OfAnAgent_ArrivesTypedAndIsShownWhole()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using ClientOf alice = new("alice", server.EndPoint);
        await alice.Client.ConnectAsync().OrFail();

        RunEmitter run = server.EmitterFor("alice", "t-1").StartRun("librarian", new RunStart { Message = "How many?" });
        run.Think("I count.");
        ToolCall call = run.ExecuteTool("count", new { what = "files" });
        call.Progress(50, "half");
        call.Complete(2);
        run.Respond("There are ");
        run.Respond("2.");
        run.Complete(new { files = 2 });
        List<AgentEvent> events = await alice.UntilAsync<AgentCompleted>();

        Assert.Equal(events.OrderBy(e => e.Id.Sequence), events);
        RunView shown = alice.Client.Runs.Find(run.RunId)!;
        Assert.Equal((RunStatus.Completed, true, "How many?", "There are 2.", "t-1"), (shown.Status, shown.IsComplete, shown.Message, shown.Answer, shown.ThreadId!.Value.Value));
        RunTool tool = Assert.Single(shown.Tools);
        Assert.Equal(("count", ToolStatus.Succeeded, "2"), (tool.Tool, tool.Status, tool.Output.ToString()));
        Assert.Equal(1, alice.Asked);
    }

    [Fact]
    public async Task OpenRun_SeenByASecondClient_IsShownFromItsStart()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using RunEmitter run = server.EmitterFor("alice").StartRun("librarian");
        run.Respond("So far");
        await using ClientOf alice = new("alice", server.EndPoint);

        List<AgentEvent> events = await alice.UntilAsync<AgentResponding>();
        run.Respond(" so good");
        events.Add(await alice.NextAsync());

        Assert.IsType<AgentStarted>(events[0]);
        Assert.Equal(("So far so good", true, RunStatus.Running), alice.Client.Runs.Find(run.RunId)! is var shown ? (shown.Answer, shown.IsComplete, shown.Status) : default);
    }

    [Fact]
    public async Task Nobody_IsRefusedWith401AndStaysAway()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using ClientOf nobody = new(null, server.EndPoint);

        ConnectionClosedException refused = await Assert.ThrowsAsync<ConnectionClosedException>(() => nobody.NextAsync());

        Assert.Equal(HttpStatusCode.Unauthorized, refused.HttpStatus);
        Assert.Equal((ConnectionState.Closed, HttpStatusCode.Unauthorized), (nobody.Client.Status.State, nobody.Client.Status.HttpStatus!.Value));
    }

    [Fact]
    public async Task SameClientId_ConnectsElsewhere_TheFormerStaysAway()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using ClientOf first = new("alice", server.EndPoint, options => options.ClientId = new ClientId("desk"));
        await first.Client.ConnectAsync().OrFail();
        await using ClientOf second = new("alice", server.EndPoint, options => options.ClientId = new ClientId("desk"));
        await second.Client.ConnectAsync().OrFail();

        ConnectionClosedException closed = await Assert.ThrowsAsync<ConnectionClosedException>(() => first.NextAsync());

        Assert.Equal((4509, "superseded"), (closed.CloseReason.Code, closed.CloseReason.Reason));
        server.EmitterFor("alice").Emit("note", new { });
        Assert.Equal("note", (await second.NextAsync()).Type);
    }

    [Fact]
    public async Task Messages_OfEachKind_AreAnsweredOrRefused()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Realtime = realtime => realtime
            .UseRoomPolicy<TeamOnly>()
            .MapMessage<Question>("ask", (question, context) =>
            {
                context.Reply(JsonSerializer.SerializeToElement($"{context.User} {context.ThreadId}: {question.Text}"));
                return Task.CompletedTask;
            }));
        await using ClientOf alice = new("alice", server.EndPoint);
        await alice.Client.ConnectAsync().OrFail();
        RunId run = server.Runs.Start(UserId.Create("alice"), null, "librarian", (_, _, token) => Task.Delay(Timeout.InfiniteTimeSpan, token)).RunId;

        JsonElement? answer = await alice.Client.SendAsync("ask", new JsonObject { ["text"] = "why", ["thread_id"] = "t-1" }, Fields).OrFail();
        await alice.Client.JoinAsync(new RoomId("team")).OrFail();
        await alice.Client.LeaveAsync(new RoomId("team")).OrFail();
        MessageRefusedException foreignRoom = await Assert.ThrowsAsync<MessageRefusedException>(() => alice.Client.JoinAsync(new RoomId("board")).OrFail());
        MessageRefusedException foreignRun = await Assert.ThrowsAsync<MessageRefusedException>(() => alice.Client.CancelAsync(RunId.New()).OrFail());
        bool isAsked = await alice.Client.CancelAsync(run).OrFail();
        AgentFailed failed = Assert.IsType<AgentFailed>((await alice.UntilAsync<AgentFailed>())[^1]);

        Assert.Equal("alice t-1: why", answer!.Value.GetString());
        Assert.Equal((ErrorCodes.Forbidden, ErrorCodes.NotFound, true), (foreignRoom.Code, foreignRun.Code, isAsked));
        Assert.Equal(FailureReason.Cancelled, failed.Reason);
        Assert.False(await alice.Client.CancelAsync(run).OrFail()); // it has ended
    }

    [Fact]
    public async Task Subscribe_ToAThread_LetsNothingElseThrough()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using ClientOf alice = new("alice", server.EndPoint);
        await alice.Client.ConnectAsync().OrFail();

        await alice.Client.SubscribeAsync(new HashSet<ThreadId> { new("t-2") }, null).OrFail();
        server.EmitterFor("alice", "t-1").Emit("note", new { });
        server.EmitterFor("alice", "t-2").Emit("note", new { });

        Assert.Equal("t-2", (await alice.NextAsync()).ThreadId!.Value.Value);
    }

    private sealed record Question(string Text);

    private sealed class TeamOnly : IRoomPolicy
    {
        public ValueTask<bool> MayJoinAsync(UserId user, RoomId room, CancellationToken cancellationToken) => ValueTask.FromResult(room.Value == "team");
    }
}
