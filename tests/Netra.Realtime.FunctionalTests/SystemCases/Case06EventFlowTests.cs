using System.Text.Json;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>What an agent emits is what the socket says: content, order, and the fields of the protocol.</summary>
public sealed class Case06EventFlowTests
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
}
