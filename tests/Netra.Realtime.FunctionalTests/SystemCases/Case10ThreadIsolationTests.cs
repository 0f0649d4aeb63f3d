using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>Two conversations of one user at once: the connection of each gets all of its own and nothing of the other.</summary>
public sealed class Case10ThreadIsolationTests
{
    private const int Deltas = 200;

    [Fact]
    public async Task Runs_OnTwoThreadsAtOnce_AreEachOnTheirOwnConnectionAndNotOnTheOther()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient first = await TestClient.ConnectAsync(server, "alice", "thread=t-1");
        await using TestClient second = await TestClient.ConnectAsync(server, "alice", "thread=t-2");

        await Task.WhenAll(Task.Run(() => Speak(server, "t-1")), Task.Run(() => Speak(server, "t-2"))).OrFail();

        await ProveAsync(first, "t-1");
        await ProveAsync(second, "t-2");
    }

    private static void Speak(RealtimeServer server, string thread)
    {
        RunEmitter run = server.EmitterFor("alice", thread).StartRun("agent", new RunStart { RunId = RunId.Parse($"run-{thread}", null) });
        for (int i = 0; i < Deltas; i++)
        {
            run.Respond($"{thread}:{i};");
        }

        run.Complete(new { Thread = thread });
    }

    private static async Task ProveAsync(TestClient client, string thread)
    {
        IReadOnlyList<AgentEvent> events = await client.ReadRunAsync();
        Assert.Empty(await client.PingAsync());
        Assert.IsType<AgentStarted>(events[0]);
        Assert.All(events, e => Assert.Equal((thread, $"run-{thread}"), (e.ThreadId!.Value.Value, e.RunId!.Value.Value)));
        string text = string.Concat(events.OfType<AgentResponding>().Select(e => e.Delta));
        Assert.Equal(string.Concat(Enumerable.Range(0, Deltas).Select(i => $"{thread}:{i};")), text);
        Assert.Equal($$"""{"thread":"{{thread}}"}""", Assert.IsType<AgentCompleted>(events[^1]).Result!.Value.GetRawText());
    }
}
