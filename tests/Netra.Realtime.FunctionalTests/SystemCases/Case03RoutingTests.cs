using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>Three users, five threads, one thread id of two users: each connection gets its user's events of its thread and no others.</summary>
public sealed class Case03RoutingTests
{
    private const int Rounds = 25;

    private static readonly (string User, string[] Threads)[] Everybody = [("alice", ["t-1", "t-2"]), ("bob", ["t-1", "t-3"]), ("carol", ["t-4", "t-5"])];

    [Fact]
    public async Task Events_OfThreeUsersOnFiveThreads_GoWhereTheyBelong()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        List<(string User, string? Thread, TestClient Client)> clients = [];
        foreach ((string user, string[] threads) in Everybody)
        {
            clients.Add((user, null, await TestClient.ConnectAsync(server, user)));
            foreach (string thread in threads)
            {
                clients.Add((user, thread, await TestClient.ConnectAsync(server, user, $"thread={thread}")));
            }
        }

        await Task.WhenAll(Everybody.Select(user => Task.Run(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                foreach (string thread in user.Threads)
                {
                    server.EmitterFor(user.User, thread).Emit("note", new { Text = $"{user.User}/{thread}/{round}" });
                }
            }
        }))).OrFail();

        foreach ((string user, string? thread, TestClient client) in clients)
        {
            string[] threads = thread is null ? Everybody.Single(entry => entry.User == user).Threads : [thread];
            string[] expected = [.. Enumerable.Range(0, Rounds).SelectMany(round => threads.Select(name => $$"""{"text":"{{user}}/{{name}}/{{round}}"}"""))];
            IReadOnlyList<AgentEvent> events = await client.NextEventsAsync(expected.Length);
            Assert.Equal(expected, events.Select(e => Assert.IsType<CustomEvent>(e).Payload.GetRawText()));
            Assert.All(events, e => Assert.Contains(e.ThreadId!.Value.Value, threads));
            Assert.Empty(await client.PingAsync());
            await client.DisposeAsync();
        }
    }
}
