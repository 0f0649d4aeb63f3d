using System.Text.Json;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Delivery;

public sealed class DeliveryTests
{
    [Fact]
    public async Task Run_OfFiveEvents_ArrivesInOrderWithItsContent()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        RunEmitter run = server.EmitterFor("alice", "t-1").StartRun("researcher", new RunStart { RunId = RunId.Parse("r-9", null), Message = "find it" });
        run.Think("Looking at \"it\" \u2713");
        ToolCall call = run.ExecuteTool("search", new { query = "pipelines" }, CallId.Parse("c-1", null));
        call.Complete(new { hits = 2 });
        run.Complete(new { answer = 42 });

        IReadOnlyList<AgentEvent> events = await client.ReadRunAsync();
        Assert.Equal(["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"], events.Select(e => e.Type));
        Assert.Equal([1, 2, 3, 4, 5], events.Select(e => e.Id.Sequence));
        Assert.All(events, e =>
        {
            Assert.Equal(client.Welcome.Epoch, e.Id.Epoch);
            Assert.Equal("t-1", e.ThreadId?.Value);
            Assert.Equal("r-9", e.RunId?.Value);
            Assert.Equal("researcher", e.Agent);
            Assert.Equal(TimeSpan.Zero, e.Timestamp.Offset);
        });
        Assert.Equal("find it", Assert.IsType<AgentStarted>(events[0]).Message);
        AgentThinking thinking = Assert.IsType<AgentThinking>(events[1]);
        Assert.Equal(("Looking at \"it\" \u2713", 1), (thinking.Delta, thinking.Part));
        ToolExecuting executing = Assert.IsType<ToolExecuting>(events[2]);
        Assert.Equal(("c-1", "search", """{"query":"pipelines"}"""), (executing.CallId.Value, executing.Tool, executing.Input!.Value.GetRawText()));
        ToolCompleted completed = Assert.IsType<ToolCompleted>(events[3]);
        Assert.Equal(("c-1", ToolStatus.Succeeded, """{"hits":2}"""), (completed.CallId.Value, completed.Status, completed.Output!.Value.GetRawText()));
        Assert.Equal("""{"answer":42}""", Assert.IsType<AgentCompleted>(events[4]).Result!.Value.GetRawText());
    }

    [Fact]
    public async Task Event_OnTheWire_BeginsWithItsIdAndHasOnlyTheFieldsOfTheProtocol()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        EmitResult emitted = server.EmitterFor("alice").Emit("invoice_ready", new { Number = 7 });

        await client.NextEventAsync();
        string text = client.Texts.Last();
        Assert.StartsWith($$"""{"id":"{{emitted.EventId}}","type":"invoice_ready","ts":"2""", text, StringComparison.Ordinal);
        Assert.EndsWith("""Z","payload":{"number":7}}""", text, StringComparison.Ordinal);
        Assert.Equal(["id", "type", "ts", "payload"], JsonElement.Parse(text).EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public async Task Emit_ConnectionsOpen_SaysHowManyWantIt()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        EmitResult before = server.EmitterFor("alice", "t-1").Emit("note", new { });
        await using TestClient all = await TestClient.ConnectAsync(server, "alice");
        await using TestClient other = await TestClient.ConnectAsync(server, "alice", "thread=t-2");

        EmitResult after = server.EmitterFor("alice", "t-1").Emit("note", new { });

        Assert.Equal((EmitStatus.Buffered, 0), (before.Status, before.Connections));
        Assert.Equal((EmitStatus.Accepted, 1), (after.Status, after.Connections));
        Assert.Equal(after.EventId, (await all.ReadUntilAsync(e => e.Id.Sequence == 2))[^1].Id);
        Assert.DoesNotContain(await other.PingAsync(), message => message is AgentEvent);
    }

    [Fact]
    public async Task Users_TwentyFiveWithTwoConnectionsEachConnectingTogether_GetExactlyTheirOwn()
    {
        const int Users = 25;
        const int Events = 20;
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        (string User, TestClient Client)[] clients = await Task.WhenAll(Enumerable.Range(0, Users * 2).Select(async i =>
        {
            string user = $"user-{i / 2}";
            return (user, await TestClient.ConnectAsync(server, user));
        })).OrFail();

        await Parallel.ForAsync(0, Users, async (user, cancellationToken) =>
        {
            await Task.Yield();
            UserEventEmitter emitter = server.EmitterFor($"user-{user}");
            for (int i = 0; i < Events; i++)
            {
                emitter.Emit("note", new { Owner = $"user-{user}", Number = i });
            }
        }).OrFail();

        foreach ((string user, TestClient client) in clients)
        {
            IEnumerable<AgentEvent> events = await client.NextEventsAsync(Events);
            Assert.Equal(
                Enumerable.Range(0, Events).Select(i => $$"""{"owner":"{{user}}","number":{{i}}}"""),
                events.Cast<CustomEvent>().Select(e => e.Payload.GetRawText()));
            Assert.Equal(Enumerable.Range(1, Events), events.Select(e => (int)e.Id.Sequence));
            Assert.Empty(await client.PingAsync()); // and nothing else
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Close_OfOneConnection_LeavesTheOthersOfTheUserUntouched()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient leaving = await TestClient.ConnectAsync(server, "alice");
        await using TestClient cut = await TestClient.ConnectAsync(server, "alice");
        await using TestClient staying = await TestClient.ConnectAsync(server, "alice");

        Assert.Equal(1000, (await leaving.CloseAsync()).Code);
        cut.Abort();
        server.EmitterFor("alice").Emit("note", new { Number = 1 });

        Assert.Equal(1, (await staying.NextEventAsync()).Id.Sequence);
        Assert.Empty(await staying.PingAsync());
        Assert.True(staying.IsOpen);
    }

    [Fact]
    public async Task Payload_ThatCannotBeSerialized_IsRefusedAndRunAndConnectionGoOn()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        Loop loop = new();
        loop.Next = loop;

        await using RunEmitter run = server.EmitterFor("alice").StartRun("researcher");
        EmitResult throwing = run.Emit("note", new Throwing());
        EmitResult cycle = server.EmitterFor("alice").Emit("note", loop);
        EmitResult input = run.ExecuteTool("search", new Throwing()).Started;
        run.Complete("done");

        Assert.All([throwing, cycle, input], result => Assert.Equal((EmitStatus.Refused, EmitRefusal.NotSerializable), (result.Status, result.Refusal)));
        Assert.Equal(["agent_started", "agent_completed"], (await client.ReadRunAsync()).Select(e => e.Type));
        Assert.Empty(await client.PingAsync());
        Assert.DoesNotContain(client.Texts, text => text.Contains("secret", StringComparison.Ordinal));
    }

    private sealed class Throwing
    {
        public string Value => throw new InvalidOperationException("secret");
    }

    private sealed class Loop
    {
        public Loop? Next { get; set; }
    }
}
