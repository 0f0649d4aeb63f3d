using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>Users, threads, runs with tools, cuts, resumes, guesses, newcomers above the limit and a peer that reads nothing, all at the same time.</summary>
public sealed class Case12AllAtOnceTests
{
    private const int Users = 20;
    private const int Notes = 150;
    private const int NotesARun = 30;
    private const int Events = Notes + (Notes / NotesARun * 4);

    [Fact]
    public async Task Everything_AtOnce_EachConnectionGetsExactlyItsOwn()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Retention.MaxEvents = 10_000;
            options.Limits.MaxConnectionsPerUser = 2;
        });
        using OpenConnections open = new(server);
        using CloseWatch closes = new(server);
        using RawClient stalled = await RawClient.OpenAsync(server, "stalled", receiveBufferBytes: 4096);
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
        }).Append(Task.Run(() => Flood(server, "stalled")))).OrFail();
        await closes.WhenClosedAsync(4408); // it is the only one: the others say themselves how they ended
        stalled.Dispose();

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
        for (int i = 0; i < Notes; i++)
        {
            Assert.True(server.EmitterFor(user, $"t-{i % 2}").Emit("note", new { Owner = user, Number = i }).IsInLog);
            if (i % NotesARun == 0)
            {
                // The same ids for everybody, on purpose.
                RunEmitter run = server.EmitterFor(user, "t-0").StartRun("agent", new RunStart { RunId = RunId.Parse($"r-{i}", null), Message = user });
                run.ExecuteTool("search", new { Owner = user, Number = i }, CallId.Parse("c-1", null)).Complete(new { Owner = user, Number = i });
                Assert.True(run.Complete(new { Owner = user, Number = i }).IsInLog);
            }
        }
    }

    // Far more than the log and the kernel hold together for a peer that does not read.
    private static void Flood(RealtimeServer server, string user)
    {
        UserEventEmitter emitter = server.EmitterFor(user);
        string text = new('x', 16 * 1024);
        for (int i = 0; i < 1_000; i++)
        {
            Assert.True(emitter.Emit("note", new { Text = text }).IsInLog);
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
        Assert.Equal(Enumerable.Range(0, Notes).SelectMany(i => Expected(user, i)), received.Select(Describe));
        Assert.Equal(1000, (await client.CloseAsync()).Code);
        await client.DisposeAsync();
    }

    private static async Task ReadThreadAsync(string user, TestClient client)
    {
        IReadOnlyList<AgentEvent> events = await client.NextEventsAsync(Notes / 2);
        Assert.Equal(Enumerable.Range(0, Notes / 2).Select(i => Text(user, (2 * i) + 1)), events.Select(e => Assert.IsType<CustomEvent>(e).Payload.GetRawText()));
        Assert.Empty(await client.PingAsync());
    }

    private static IEnumerable<string> Expected(string user, int number)
    {
        string text = Text(user, number);
        string run = $"t-0 r-{number}";
        return number % NotesARun == 0
            ? [$"t-{number % 2}  {text}", $"{run} started {user}", $"{run} tool {text}", $"{run} output {text}", $"{run} completed {text}"]
            : [$"t-{number % 2}  {text}"];
    }

    private static string Describe(AgentEvent e) => $"{e.ThreadId} {e.RunId} " + e switch
    {
        AgentStarted started => $"started {started.Message}",
        ToolExecuting executing => $"tool {executing.Input}",
        ToolCompleted completed => $"output {completed.Output}",
        AgentCompleted completed => $"completed {completed.Result}",
        CustomEvent note => note.Payload.GetRawText(),
        _ => e.ToString(),
    };

    private static string Text(string user, int number) => $$"""{"owner":"{{user}}","number":{{number}}}""";
}
