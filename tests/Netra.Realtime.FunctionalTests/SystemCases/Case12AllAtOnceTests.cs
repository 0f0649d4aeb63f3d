using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>Users, threads, runs, cuts, resumes, guesses and newcomers above the limit, all at the same time.</summary>
public sealed class Case12AllAtOnceTests
{
    private const int Users = 20;
    private const int Events = 150;

    [Fact]
    public async Task Everything_AtOnce_EachConnectionGetsExactlyItsOwn()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Retention.MaxEvents = 10_000;
            options.Limits.MaxConnectionsPerUser = 2;
        });
        using OpenConnections open = new(server);
        (string User, TestClient All, TestClient Thread)[] clients = await Task.WhenAll(Enumerable.Range(0, Users).Select(async i =>
        {
            string user = $"user-{i}";
            return (user, await TestClient.ConnectAsync(server, user, "client=cut"), await TestClient.ConnectAsync(server, user, "thread=t-1"));
        })).OrFail();

        await Task.WhenAll(clients.SelectMany(client => new[]
        {
            Task.Run(() => Emit(server, client.User)),
            Task.Run(() => CutAndResumeAsync(server, client.User, client.All)),
            Task.Run(() => ReadThreadAsync(client.User, client.Thread)),
        })).OrFail();

        foreach ((_, _, TestClient thread) in clients)
        {
            await thread.CloseAsync();
            await thread.DisposeAsync();
        }

        await open.WhenAsync(0);
        Assert.Equal((0, 0), (server.Registry.Count, server.Registry.Places.Taken));
    }

    private static void Emit(RealtimeServer server, string user)
    {
        for (int i = 0; i < Events; i++)
        {
            Assert.True(server.EmitterFor(user, $"t-{i % 2}").Emit("note", new { Owner = user, Number = i }).IsInLog);
        }
    }

    // Supersedes itself in the middle, again and again; what it asks for of others changes nothing.
    private static async Task CutAndResumeAsync(RealtimeServer server, string user, TestClient client)
    {
        List<AgentEvent> received = [];
        while (received.Count < Events)
        {
            received.AddRange(await client.NextEventsAsync(Math.Min(40, Events - received.Count)));
            TestClient old = client;
            old.Abort();
            client = await TestClient.ConnectAsync(server, user, $"client=cut&last_event_id={received[^1].Id}");
            Assert.True(client.Welcome.Resumed);
            await old.DisposeAsync();
        }

        await client.SendAsync("""{"type":"cancel","run_id":"r-of-nobody","ref":"1"}""");
        Assert.Equal("not_found", (await client.NextControlAsync<ErrorMessage>()).Code);
        await using (TestClient third = await TestClient.OpenAsync(server, user))
        {
            Assert.Equal(1013, (await third.Closed).Code);
        }

        Assert.Empty(await client.PingAsync());
        Assert.Equal(Enumerable.Range(0, Events).Select(i => Text(user, i)), received.Select(e => Assert.IsType<CustomEvent>(e).Payload.GetRawText()));
        Assert.Equal(1000, (await client.CloseAsync()).Code);
        await client.DisposeAsync();
    }

    private static async Task ReadThreadAsync(string user, TestClient client)
    {
        IReadOnlyList<AgentEvent> events = await client.NextEventsAsync(Events / 2);
        Assert.Equal(Enumerable.Range(0, Events / 2).Select(i => Text(user, (2 * i) + 1)), events.Select(e => Assert.IsType<CustomEvent>(e).Payload.GetRawText()));
        Assert.Empty(await client.PingAsync());
    }

    private static string Text(string user, int number) => $$"""{"owner":"{{user}}","number":{{number}}}""";
}
