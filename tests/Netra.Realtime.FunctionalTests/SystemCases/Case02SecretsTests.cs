using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>What one user's agent says in any field of any event is in no byte that another user gets.</summary>
public sealed class Case02SecretsTests
{
    private const int Rounds = 20;

    [Fact]
    public async Task Secrets_OfTwoUsersInEveryField_NeverCross()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options => options.Retention.MaxEvents = 10_000);
        await using TestClient alice = await TestClient.ConnectAsync(server, "alice");
        await using TestClient bob = await TestClient.ConnectAsync(server, "bob");

        await Task.WhenAll(Task.Run(() => Speak(server, "alice", "amber")), Task.Run(() => Speak(server, "bob", "birch"))).OrFail();

        await ProveAsync(alice, "amber", "birch");
        await ProveAsync(bob, "birch", "amber");
    }

    [Fact]
    public async Task Secrets_GuessedByNameOfThreadRunAndPosition_AreNotShown()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        Speak(server, "alice", "amber");
        await using RunEmitter open = server.EmitterFor("alice", "amber-thread").StartRun("agent", new RunStart { RunId = RunId.Parse("amber-open", null) });
        EventId last = open.Started.EventId;

        await using TestClient bob = await TestClient.ConnectAsync(server, "bob", $"thread=amber-thread&run=amber-open&start=undelivered&last_event_id={last.Epoch}-0");
        await bob.SendAsync("""{"type":"subscribe","threads":["amber-thread"],"runs":["amber-open"]}""");
        await bob.SendAsync($$"""{"type":"ack","id":"{{last}}"}""");
        await bob.SendAsync("""{"type":"cancel","run_id":"amber-open"}""");

        Assert.DoesNotContain(await bob.PingAsync(), message => message is AgentEvent);
        Assert.False(bob.Welcome.Resumed);
        Assert.Empty(bob.Welcome.OpenRuns);
        Assert.DoesNotContain(bob.Texts, text => text.Contains("amber", StringComparison.Ordinal));
        Assert.False(open.Cancelled.IsCancellationRequested);
        Assert.Equal(EmitRefusal.None, open.Complete("done").Refusal); // nor is it ended
    }

    private static async Task ProveAsync(TestClient client, string own, string foreign)
    {
        IReadOnlyList<AgentEvent> events = await client.ReadUntilAsync(e => e is CustomEvent { Type: "end" });
        Assert.Empty(await client.PingAsync());
        Assert.Equal(Enumerable.Range(0, Rounds).Select(round => $"{own}-run-{round}"), events.OfType<AgentCompleted>().Select(e => e.RunId!.Value.Value));
        Assert.Equal(Rounds, events.OfType<ToolExecuting>().Count());
        Assert.Equal(
            string.Concat(Enumerable.Range(0, Rounds).Select(round => $"{own}-text-{round};")),
            string.Concat(events.OfType<AgentThinking>().Select(e => e.Delta)));
        Assert.DoesNotContain(client.Texts, text => text.Contains(foreign, StringComparison.Ordinal));
        Assert.All(client.Texts.Where(text => text.StartsWith("{\"id\":", StringComparison.Ordinal)), text => Assert.Contains(own, text, StringComparison.Ordinal));
    }

    private static void Speak(RealtimeServer server, string user, string secret)
    {
        UserEventEmitter emitter = server.EmitterFor(user, $"{secret}-thread");
        for (int round = 0; round < Rounds; round++)
        {
            RunEmitter run = emitter.StartRun($"{secret}-agent", new RunStart { RunId = RunId.Parse($"{secret}-run-{round}", null), Message = $"{secret}-message" });
            run.Think($"{secret}-text-{round};");
            ToolCall call = run.ExecuteTool($"{secret}-tool", new { Query = $"{secret}-input" });
            call.Complete(new { Hits = $"{secret}-output" });
            run.Emit("note", new { Text = $"{secret}-note" });
            run.Complete(new { Answer = $"{secret}-answer" });
        }

        emitter.Emit("end", new { Text = $"{secret}-end" });
    }
}
