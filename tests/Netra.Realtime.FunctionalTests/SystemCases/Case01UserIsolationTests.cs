using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>Each user gets exactly the events of its own, on each of its connections.</summary>
public sealed class Case01UserIsolationTests
{
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
}
