using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>Emitters of one factory do not mix: neither those of two users nor the concurrent runs of one.</summary>
public sealed class Case11EmitterIsolationTests
{
    private const int Runs = 8;
    private const int Steps = 40;

    [Fact]
    public async Task Runs_EightOfEachUserAtOnce_AreEachWholeInOrderAndWithTheirOwnIdentity()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options => options.Retention.MaxEvents = 10_000);
        await using TestClient alice = await TestClient.ConnectAsync(server, "alice");
        await using TestClient bob = await TestClient.ConnectAsync(server, "bob");

        await Task.WhenAll(new[] { "alice", "bob" }.SelectMany(user => Enumerable.Range(0, Runs).Select(run => Task.Run(() => Work(server, user, run))))).OrFail();

        await ProveAsync(alice, "alice");
        await ProveAsync(bob, "bob");
    }

    private static void Work(RealtimeServer server, string user, int number)
    {
        // The same run ids for both users, on purpose.
        RunEmitter run = server.EmitterFor(user, $"t-{number % 2}").StartRun($"agent-{number}", new RunStart { RunId = RunId.Parse($"r-{number}", null) });
        for (int step = 0; step < Steps; step++)
        {
            run.Emit("step", new { User = user, Run = number, Step = step });
        }

        run.Complete(new { User = user, Run = number });
    }

    private static async Task ProveAsync(TestClient client, string user)
    {
        IReadOnlyList<AgentEvent> events = await client.NextEventsAsync(Runs * (Steps + 2));
        Assert.Empty(await client.PingAsync());
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(e => (int)e.Id.Sequence));
        for (int run = 0; run < Runs; run++)
        {
            AgentEvent[] own = [.. events.Where(e => e.RunId!.Value.Value == $"r-{run}")];
            Assert.All(own, e => Assert.Equal(($"t-{run % 2}", $"agent-{run}"), (e.ThreadId!.Value.Value, e.Agent)));
            Assert.IsType<AgentStarted>(own[0]);
            Assert.Equal(
                Enumerable.Range(0, Steps).Select(step => $$"""{"user":"{{user}}","run":{{run}},"step":{{step}}}"""),
                own[1..^1].Select(e => Assert.IsType<CustomEvent>(e).Payload.GetRawText()));
            Assert.Equal($$"""{"user":"{{user}}","run":{{run}}}""", Assert.IsType<AgentCompleted>(own[^1]).Result!.Value.GetRawText());
        }
    }
}
