using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;
using Netra.Realtime.TestSupport.JavaScript;

namespace Netra.Realtime.FunctionalTests.JavaScript;

/// <summary>The JavaScript client in Node, against a real host and over lines that break.</summary>
public sealed class JavaScriptClientTests
{
    private static readonly Dictionary<string, string> Alice = new() { [TestAuthentication.UserHeader] = "alice" };

    [JavaScriptFact]
    public async Task Run_OverAWholeLine_IsReceivedWhole()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using JavaScriptClient client = JavaScriptClient.Start(new { url = server.WebSocket, headers = Alice });
        await client.NextStateAsync("open");

        await using RunEmitter run = server.EmitterFor("alice", "t-1").StartRun("researcher");
        run.Think("Hm. ");
        run.ExecuteTool("search", new { query = "snails" }).Complete(new[] { "a", "b" });
        run.Respond("Grüße, ");
        run.Respond("\ud83d\udc0c!");
        run.Complete(new { pages = 3 });
        await client.NextAsync("event", line => line.GetProperty("type").GetString() == "agent_completed");

        JsonElement shown = Assert.Single((await client.ShowAsync("runs")).EnumerateArray());
        Assert.Equal((run.RunId.Value, "t-1", "researcher", "completed", true), (Text(shown, "runId"), Text(shown, "threadId"), Text(shown, "agent"), Text(shown, "status"), shown.GetProperty("complete").GetBoolean()));
        Assert.Equal(["Hm. ", "Grüße, \ud83d\udc0c!"], shown.GetProperty("parts").EnumerateArray().Select(part => Text(part, "text")));
        Assert.Equal(("search", "succeeded"), (Text(shown.GetProperty("tools")[0], "tool"), Text(shown.GetProperty("tools")[0], "status")));
        Assert.Equal(3, shown.GetProperty("result").GetProperty("pages").GetInt32());
    }

    [JavaScriptTheory]
    [InlineData("Close")]
    [InlineData("Reset")]
    [InlineData("Stall")]
    public async Task Run_OverLinesThatBreak_IsResumedOnceAndInOrder(string kind)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Delivery.CloseTimeout = TimeSpan.FromSeconds(1); // what a stalled line costs
            options.Heartbeat.Interval = TimeSpan.FromSeconds(10);
            options.Heartbeat.Timeout = TimeSpan.FromSeconds(20);
        });
        await using FaultProxy proxy = new(server.EndPoint);

        // In the answer to the handshake, in the welcome, and where the run is.
        FaultLink[] links = [.. new[] { 50, 300, 1_000, 2_500, 6_000 }.Select(bytes => proxy.Expect(new Fault(Enum.Parse<FaultKind>(kind), bytes)))];
        EventId before = server.EmitterFor("alice").Emit("note", new { }).EventId;
        await using JavaScriptClient client = JavaScriptClient.Start(new
        {
            url = $"ws://{proxy.EndPoint}/ws",
            headers = Alice,
            asks = server.EndPoint.ToString(),
            lastEventId = before.ToString(),
            random = 0,
            speed = 20, // of a line that stalls nothing but the clock tells
        });

        await using RunEmitter run = server.EmitterFor("alice").StartRun("researcher");
        for (int i = 0; i < 300; i++)
        {
            run.Respond($"{i} and a text that takes its room on the line; ");
            if (i % 20 == 0)
            {
                run.NewPart();
            }
        }

        run.Complete();
        long handled = before.Sequence;
        string text = "";
        for (string? type = null; type != "agent_completed";)
        {
            JsonElement line = await client.NextAsync();
            Assert.NotEqual("reset", Text(line, "on"));
            if (Text(line, "on") != "event")
            {
                continue;
            }

            type = Text(line, "type");
            long first = SequenceOf(line.TryGetProperty("first", out JsonElement from) ? from : line.GetProperty("id"));
            Assert.Equal(handled + 1, first);
            handled = SequenceOf(line.GetProperty("id"));
            text += type == "agent_responding" ? Text(line.GetProperty("payload"), "delta") : "";
        }

        Assert.Equal(string.Concat(Enumerable.Range(0, 300).Select(i => $"{i} and a text that takes its room on the line; ")), text);
        Assert.All(links, link => Assert.True(link.Broken.IsCompleted));
    }

    [JavaScriptFact]
    public async Task Connect_RefusedWith401_StaysAwayAndTells()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using JavaScriptClient client = JavaScriptClient.Start(new { url = server.WebSocket });

        JsonElement closed = await client.NextStateAsync("closed");

        Assert.Equal(401, closed.GetProperty("status").GetInt32());
    }

    [JavaScriptFact]
    public async Task Send_ToAHandler_GetsItsReplyItsRefusalOrIsToldThatTheConnectionIsLost()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Realtime = realtime => realtime
            .MapMessage<Question>("ask", (question, context) =>
            {
                context.Reply(JsonSerializer.SerializeToElement(question.Words.ToUpperInvariant()));
                return Task.CompletedTask;
            })
            .MapMessage<Question>("hang", (_, context) =>
            {
                context.Services.GetRequiredService<ConnectionRegistry>().CloseAll(CloseReason.InternalError);
                return new TaskCompletionSource().Task;
            }));
        await using JavaScriptClient client = JavaScriptClient.Start(new { url = server.WebSocket, headers = Alice });
        await client.NextStateAsync("open");

        await client.CallAsync("send", "ask", new { words = "how?" });
        Assert.Equal("HOW?", Text(await client.NextAsync("answer"), "value"));
        await client.CallAsync("send", "unheard_of");
        Assert.Equal("unknown_type", Text(await client.NextAsync("answer"), "code"));
        await client.CallAsync("send", "hang", new { words = "" });
        Assert.Equal("connection_lost", Text(await client.NextAsync("answer"), "code"));
    }

    [JavaScriptFact]
    public async Task Cancel_OfARunningRun_EndsItAsCancelled()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using JavaScriptClient client = JavaScriptClient.Start(new { url = server.WebSocket, headers = Alice });
        RunId run = server.Runs.Start(UserId.Create("alice"), new ThreadId("t-1"), "researcher", async (emitter, _, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return "";
        }).RunId;
        await client.NextAsync("event", line => Text(line, "type") == "agent_started");

        await client.CallAsync("cancel", run.Value);

        JsonElement failed = await client.NextAsync("event", line => Text(line, "type") == "agent_failed");
        Assert.Equal("cancelled", Text(failed.GetProperty("payload"), "reason"));
        Assert.Equal("cancelled", Text((await client.ShowAsync("runs"))[0], "status"));
    }

    [JavaScriptFact]
    public async Task ServerStartedAgain_IsToldByResetAndTheOpenRunWasInterrupted()
    {
        RealtimeServer server = await RealtimeServer.StartAsync();
        IPEndPoint endPoint = server.EndPoint;
        await using JavaScriptClient client = JavaScriptClient.Start(new { url = server.WebSocket, headers = Alice, random = 0.1 });
        await client.NextStateAsync("open");
        await using RunEmitter run = server.EmitterFor("alice").StartRun("researcher");
        await client.NextAsync("event");

        await server.DisposeAsync();
        await using RealtimeServer restarted = await RealtimeServer.StartAsync(setup =>
        {
            if (setup.UsesListener)
            {
                setup.Listener = listener => listener.EndPoint = endPoint;
            }
            else
            {
                setup.Services = services => services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(endPoint));
            }
        });

        Assert.Equal("epoch_changed", Text(await client.NextAsync("reset"), "reason"));
        restarted.EmitterFor("alice").Emit("note", new { });
        Assert.Equal("note", Text(await client.NextAsync("event"), "type"));
        Assert.Equal("interrupted", Text((await client.ShowAsync("runs"))[0], "status"));
    }

    private static string? Text(JsonElement of, string field) => of.GetProperty(field).GetString();

    private static long SequenceOf(JsonElement id) => EventId.Parse(id.GetString()!, null).Sequence;

    private sealed record Question(string Words);
}
