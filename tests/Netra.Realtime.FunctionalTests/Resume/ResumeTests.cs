using System.Text;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Resume;

public sealed class ResumeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Resume_FromALastEventId_GetsExactlyWhatFollows(bool isInQuery)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        UserEventEmitter emitter = server.EmitterFor("alice");
        EventId second = default;
        for (int i = 1; i <= 5; i++)
        {
            EventId id = emitter.Emit("note", new { Number = i }).EventId;
            second = i == 2 ? id : second;
        }

        await using TestClient client = isInQuery
            ? await TestClient.ConnectAsync(server, "alice", $"last_event_id={second}")
            : await TestClient.ConnectAsync(server, "alice", "", options => options.SetRequestHeader("Last-Event-ID", second.ToString()));

        Assert.Equal((true, null), (client.Welcome.Resumed, client.Welcome.Reset));
        Assert.Equal(second.At(5), client.Welcome.LastEventId);
        Assert.Equal([3, 4, 5], (await client.NextEventsAsync(3)).Select(e => e.Id.Sequence));
        Assert.Equal(second.At(5), (await client.NextControlAsync<CursorMessage>()).Id);
        emitter.Emit("note", new { });
        Assert.Equal(6, (await client.NextEventAsync()).Id.Sequence);
        Assert.Empty(await client.PingAsync());
    }

    [Fact]
    public async Task Resume_QueryAndHeader_TheQueryCounts()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        EventId first = server.EmitterFor("alice").Emit("note", new { }).EventId;
        server.EmitterFor("alice").Emit("note", new { });

        await using TestClient client = await TestClient.ConnectAsync(
            server, "alice", $"last_event_id={first}", options => options.SetRequestHeader("Last-Event-ID", "of-another-time-9"));

        Assert.True(client.Welcome.Resumed);
        Assert.Equal(2, (await client.NextEventAsync()).Id.Sequence);
    }

    [Fact]
    public async Task Resume_FromTheHeadOfAnEmptyLog_IsResumed()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        EventId head;
        await using (TestClient before = await TestClient.ConnectAsync(server, "alice"))
        {
            head = before.Welcome.LastEventId;
            Assert.Equal($"{before.Welcome.Epoch}-0", head.ToString());
        }

        server.EmitterFor("alice").Emit("note", new { });
        await using TestClient client = await TestClient.ConnectAsync(server, "alice", $"last_event_id={head}");

        Assert.True(client.Welcome.Resumed);
        Assert.Equal(1, (await client.NextEventAsync()).Id.Sequence);
    }

    [Theory]
    [InlineData("otherone-1", ResetReason.EpochChanged)]
    [InlineData("otherone-0", ResetReason.EpochChanged)]
    [InlineData("{epoch}-3", ResetReason.Invalid)] // from the future
    [InlineData("{epoch}-9223372036854775807", ResetReason.Invalid)]
    [InlineData("{epoch}-18446744073709551615", ResetReason.Invalid)]
    [InlineData("{epoch}--1", ResetReason.Invalid)]
    [InlineData("{epoch}-", ResetReason.Invalid)]
    [InlineData("{epoch}-01", ResetReason.Invalid)]
    [InlineData("{epoch}", ResetReason.Invalid)]
    [InlineData("", ResetReason.Invalid)]
    [InlineData("%F0%9F%98%80-1", ResetReason.Invalid)]
    public async Task Resume_FromAnIdThatIsNotOfThisLog_IsResetAndBeginsAsWithoutIt(string lastEventId, ResetReason reason)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        server.EmitterFor("bob").Emit("note", new { });
        server.EmitterFor("alice").Emit("note", new { });
        EventId head = server.EmitterFor("alice").Emit("note", new { }).EventId;

        await using TestClient client = await TestClient.ConnectAsync(
            server, "alice", $"last_event_id={lastEventId.Replace("{epoch}", head.Epoch, StringComparison.Ordinal)}");

        Assert.Equal((false, reason), (client.Welcome.Resumed, client.Welcome.Reset));
        Assert.Equal(head, client.Welcome.LastEventId);
        Assert.Equal([1, 2], (await client.NextEventsAsync(2)).Select(e => e.Id.Sequence)); // nobody had received them
        Assert.Empty(await client.PingAsync());
    }

    [Fact]
    public async Task Resume_FromAnotherUsersId_IsAnotherEpoch()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        EventId bobs = server.EmitterFor("bob").Emit("note", new { }).EventId;

        await using TestClient client = await TestClient.ConnectAsync(server, "alice", $"last_event_id={bobs}");

        Assert.Equal((false, ResetReason.EpochChanged), (client.Welcome.Resumed, client.Welcome.Reset));
        Assert.Empty(await client.PingAsync());
    }

    [Fact]
    public async Task Resume_JustInsideAndJustBeforeTheWindow_IsResumedAndTooOld()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options => options.Retention.MaxEvents = 10);
        EventId last = default;
        for (int i = 0; i < 25; i++)
        {
            last = server.EmitterFor("alice").Emit("note", new { }).EventId;
        }

        await using TestClient inside = await TestClient.ConnectAsync(server, "alice", $"last_event_id={last.At(15)}");
        await using TestClient before = await TestClient.ConnectAsync(server, "alice", $"last_event_id={last.At(14)}");

        Assert.True(inside.Welcome.Resumed);
        Assert.Equal(Enumerable.Range(16, 10), (await inside.NextEventsAsync(10)).Select(e => (int)e.Id.Sequence));
        Assert.Equal((false, ResetReason.TooOld), (before.Welcome.Resumed, before.Welcome.Reset));
    }

    [Fact]
    public async Task Start_Open_BeginsAtTheOpenRunsAndPassesWhatNobodyReceived()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient first = await TestClient.ConnectAsync(server, "alice");
        RunEmitter ended = server.EmitterFor("alice").StartRun("one");
        ended.Complete();
        await using RunEmitter open = server.EmitterFor("alice", "t-1").StartRun("two");
        open.Respond("hello");
        await first.ReadUntilAsync(e => e is AgentResponding);
        await first.PingAsync(); // so its flush is over, and what it has is delivered
        await first.CloseAsync();
        server.EmitterFor("alice").Emit("note", new { }); // while nobody is there

        await using TestClient reloaded = await TestClient.ConnectAsync(server, "alice", "start=open");

        OpenRunSummary summary = Assert.Single(reloaded.Welcome.OpenRuns);
        Assert.Equal((open.RunId, ThreadId.Parse("t-1", null), "two", true), (summary.RunId, summary.ThreadId, summary.Agent, summary.Complete));
        IReadOnlyList<AgentEvent> replayed = await reloaded.NextEventsAsync(3);
        Assert.Equal(["agent_started", "agent_responding", "note"], replayed.Select(e => e.Type));
        Assert.Equal(5, (await reloaded.NextControlAsync<CursorMessage>()).Id.Sequence);
        Assert.Empty(await reloaded.PingAsync());
    }

    [Fact]
    public async Task Start_Undelivered_BeginsAtWhatNobodyReceived()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient first = await TestClient.ConnectAsync(server, "alice");
        await using RunEmitter open = server.EmitterFor("alice").StartRun("two");
        open.Respond("seen");
        await first.ReadUntilAsync(e => e is AgentResponding);
        await first.PingAsync();
        await first.CloseAsync();
        open.Respond(" unseen");

        await using TestClient next = await TestClient.ConnectAsync(server, "alice", "start=undelivered");

        Assert.Equal(" unseen", Assert.IsType<AgentResponding>(await next.NextEventAsync()).Delta);
        Assert.Empty(await next.PingAsync());
    }

    [Fact]
    public async Task Start_Live_BeginsAtTheHead()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using RunEmitter open = server.EmitterFor("alice").StartRun("two");
        server.EmitterFor("alice").Emit("note", new { });

        await using TestClient client = await TestClient.ConnectAsync(server, "alice", "start=live");
        open.Complete();

        Assert.Equal(open.RunId, Assert.Single(client.Welcome.OpenRuns).RunId);
        Assert.Equal("agent_completed", (await client.NextEventAsync()).Type);
    }

    [Fact]
    public async Task Reload_InTheMiddleOfARun_ShowsAllOfItWithItsExactText()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using RunEmitter run = server.EmitterFor("alice").StartRun("writer");
        StringBuilder expected = new();
        await using (TestClient first = await TestClient.ConnectAsync(server, "alice"))
        {
            Write(run, expected, 0, 200);
            await first.NextEventsAsync(20);
        }

        await using TestClient reloaded = await TestClient.ConnectAsync(server, "alice");
        Write(run, expected, 200, 400);
        run.Complete();

        IReadOnlyList<AgentEvent> events = await reloaded.ReadRunAsync();
        Assert.IsType<AgentStarted>(events[0]);
        Assert.Equal(expected.ToString(), TextOf(events));
        AssertCoversWithoutOverlap(events, 1);
    }

    [Fact]
    public async Task Resume_FromInsideACoalescedRange_GetsExactlyTheRest()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using RunEmitter run = server.EmitterFor("alice").StartRun("writer");
        for (int i = 0; i < 10; i++)
        {
            run.Respond($"{i}\u2713 ");
        }

        EventId sixth = run.Started.EventId.At(6); // agent_started is 1, so this is the fifth delta

        await using TestClient client = await TestClient.ConnectAsync(server, "alice", $"last_event_id={sixth}");

        AgentResponding rest = Assert.IsType<AgentResponding>(await client.NextEventAsync());
        Assert.Equal("5\u2713 6\u2713 7\u2713 8\u2713 9\u2713 ", rest.Delta);
        Assert.Equal((sixth.At(7), sixth.At(11)), (rest.First, rest.Id));
    }

    [Fact]
    public async Task Cut_AgainAndAgainInTheMiddleOfRuns_EachEventComesExactlyOnceInOrder()
    {
        const int Runs = 30;
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        StringBuilder expected = new();
        EventId? last = null;
        List<AgentEvent> events = [];
        TaskCompletionSource begin = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task emitting = Task.Run(async () =>
        {
            await begin.Task;
            for (int i = 0; i < Runs; i++)
            {
                await using RunEmitter run = server.EmitterFor("alice").StartRun("writer");
                ToolCall call = run.ExecuteTool("search");
                Write(run, expected, 0, 20);
                call.Complete();
                Write(run, expected, 20, 40);
                run.Complete();
                await Task.Yield();
            }

            server.EmitterFor("alice").Emit("done", new { });
        });

        // Each connection is cut after a different number of events, wherever that is.
        for (int connection = 1; events.Count == 0 || events[^1].Type != "done"; connection++)
        {
            await using TestClient client = await TestClient.ConnectAsync(server, "alice", last is null ? "client=tab" : $"client=tab&last_event_id={last}");
            begin.TrySetResult();
            Assert.Equal(last is not null, client.Welcome.Resumed);
            for (int i = 0; i < connection && (events.Count == 0 || events[^1].Type != "done"); i++)
            {
                AgentEvent next = await client.NextEventAsync();
                events.Add(next);
                last = next.Id;
            }

            client.Abort();
        }

        await emitting.OrFail();
        AssertCoversWithoutOverlap(events, 1);
        Assert.Equal(expected.ToString(), TextOf(events));
        Assert.Equal(Runs, events.OfType<AgentStarted>().Count());
        Assert.Equal(Runs, events.OfType<ToolExecuting>().Count());
        Assert.Equal(Runs, events.OfType<ToolCompleted>().Count());
        Assert.Equal(Runs, events.OfType<AgentCompleted>().Count());
    }

    [Fact]
    public async Task Client_ConnectsAgain_SupersedesItsOldConnectionAndContinues()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options => options.Limits.MaxConnectionsPerUser = 1);
        await using TestClient old = await TestClient.ConnectAsync(server, "alice", "client=tab-1");
        server.EmitterFor("alice").Emit("note", new { });
        EventId last = (await old.NextEventAsync()).Id;

        await using TestClient current = await TestClient.ConnectAsync(server, "alice", $"client=tab-1&last_event_id={last}");
        server.EmitterFor("alice").Emit("note", new { });

        Assert.Equal(new ClientClose(4509, "superseded"), await old.Closed);
        Assert.Empty(await old.RestAsync());
        Assert.True(current.Welcome.Resumed);
        Assert.Equal(2, (await current.NextEventAsync()).Id.Sequence);
        Assert.Equal(1, server.Registry.Places.Taken);
    }

    [Fact]
    public async Task Client_OfAnotherUserOrAnotherName_IsNotSuperseded()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient first = await TestClient.ConnectAsync(server, "alice", "client=tab-1");
        await using TestClient second = await TestClient.ConnectAsync(server, "alice", "client=tab-2");
        await using TestClient bob = await TestClient.ConnectAsync(server, "bob", "client=tab-1");

        server.EmitterFor("alice").Emit("note", new { });

        Assert.Equal(1, (await first.NextEventAsync()).Id.Sequence);
        Assert.Equal(1, (await second.NextEventAsync()).Id.Sequence);
        Assert.Empty(await bob.PingAsync());
    }

    private static void Write(RunEmitter run, StringBuilder expected, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            string delta = $"{i} \"\u2713\" \ud83d\ude00\n";
            expected.Append(delta);
            run.Respond(delta);
        }
    }

    private static string TextOf(IEnumerable<AgentEvent> events) => string.Concat(events.OfType<AgentResponding>().Select(e => e.Delta));

    // Each sequence once: every event begins right after the one before it.
    private static void AssertCoversWithoutOverlap(IEnumerable<AgentEvent> events, long from)
    {
        foreach (AgentEvent next in events)
        {
            Assert.Equal(from, (next.First ?? next.Id).Sequence);
            from = next.Id.Sequence + 1;
        }
    }
}
