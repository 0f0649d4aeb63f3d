using System.Text.Json;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.FunctionalTests.JavaScript;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.JavaScript;

namespace Netra.Realtime.FunctionalTests.Client;

/// <summary>A client that was away while an agent spoke gets what it missed in a handful of events, not token by token.</summary>
public sealed class LateClientTests
{
    private const int Tokens = 5_000;
    private const int Handful = 10;

    private readonly string _missed = string.Concat(Enumerable.Range(0, Tokens).Select(Token));

    [Fact]
    public async Task DotNet_BackAfter5000Deltas_GetsAHandfulOfEventsWithTheTextExact()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using RunEmitter run = server.EmitterFor("alice").StartRun("researcher");
        EventId last;
        await using (ClientOf before = new("alice", server.EndPoint))
        {
            await before.Client.ConnectAsync(CancellationToken.None).OrFail();
            run.Respond("So far. ");
            last = (await before.UntilAsync<AgentResponding>())[^1].Id;
        }

        Speak(run);
        await using ClientOf back = new("alice", server.EndPoint, options => options.LastEventId = last);
        await back.Client.ConnectAsync(CancellationToken.None).OrFail();
        run.Complete();
        List<AgentEvent> events = await back.UntilAsync<AgentCompleted>();

        Assert.InRange(events.Count, 2, Handful);
        Assert.Equal(_missed, string.Concat(events.OfType<AgentResponding>().Select(e => e.Delta)));
        Assert.Equal(last.Sequence + 1, events[0].First!.Value.Sequence);
        Assert.Empty(back.Resets);
    }

    [JavaScriptFact]
    public async Task JavaScript_BackAfter5000Deltas_GetsAHandfulOfEventsWithTheTextExact()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using RunEmitter run = server.EmitterFor("alice").StartRun("researcher");
        EventId last = run.Respond("So far. ").EventId;
        Speak(run);
        await using JavaScriptClient back = JavaScriptClient.Start(new
        {
            url = server.WebSocket,
            headers = new Dictionary<string, string> { [TestAuthentication.UserHeader] = "alice" },
            lastEventId = last.ToString(),
        });
        await back.NextStateAsync("open");
        run.Complete();

        List<JsonElement> events = [];
        do
        {
            events.Add(await back.NextAsync("event"));
        }
        while (events[^1].GetProperty("type").GetString() != "agent_completed");

        Assert.InRange(events.Count, 2, Handful);
        Assert.Equal(_missed, string.Concat(events.SkipLast(1).Select(e => e.GetProperty("payload").GetProperty("delta").GetString())));
    }

    private static string Token(int i) => i % 10 == 0 ? "\ud83d\udc0c\n" : $"word{i % 7} ";

    private static void Speak(RunEmitter run)
    {
        for (int i = 0; i < Tokens; i++)
        {
            Assert.True(run.Respond(Token(i)).IsInLog);
        }
    }
}
