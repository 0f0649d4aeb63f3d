using System.Diagnostics;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Lifetime;

public sealed class HostStopTests
{
    private static readonly UserId Alice = UserId.Create("alice");

    [Fact]
    public async Task Stop_RunFollowsItsToken_IsInterruptedDeliveredAndThenTheConnectionIsClosed()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        RunHandle run = server.Runs.Start(Alice, null, "researcher", (_, _, token) => Task.Delay(Timeout.Infinite, token));
        await client.NextEventAsync();

        await server.StopAsync();

        Assert.Equal(FailureReason.Interrupted, Assert.IsType<AgentFailed>(await client.NextEventAsync()).Reason);
        Assert.Equal(new ClientClose(1012, "service restart"), await client.Closed);
        Assert.Equal(RunOutcome.Interrupted, await run.Completion.OrFail());
    }

    [Fact]
    public async Task Stop_RunIgnoresItsToken_IsInterruptedAfterTheStopTimeoutWithItsOpenTool()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options => options.Delivery.StopTimeout = TimeSpan.FromMilliseconds(200));
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        TaskCompletionSource never = new();
        server.Runs.Start(Alice, null, "stubborn", async (run, _, _) =>
        {
            run.ExecuteTool("search");
            await never.Task;
        });
        await client.NextEventsAsync(2);

        await server.StopAsync();

        Assert.Equal(ToolStatus.Failed, Assert.IsType<ToolCompleted>(await client.NextEventAsync()).Status);
        Assert.Equal(FailureReason.Interrupted, Assert.IsType<AgentFailed>(await client.NextEventAsync()).Reason);
        Assert.Equal(1012, (await client.Closed).Code);
    }

    [Fact]
    public async Task Stop_ManyConnectionsOpen_EndsWellInsideTheShutdownTimeout()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        TestClient[] clients = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => TestClient.ConnectAsync(server, $"user-{i}"))).OrFail();
        long started = Stopwatch.GetTimestamp();

        await server.StopAsync();

        // The shutdown timeout is 20 s and the close timeout 5 s: clients that answer use up neither.
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5), $"It took {Stopwatch.GetElapsedTime(started)}.");
        foreach (TestClient client in clients)
        {
            Assert.Equal(1012, (await client.Closed).Code);
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Stop_ConnectionsThatNeverAnswerTheClose_AreAbortedAfterTheCloseTimeout()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options => options.Delivery.CloseTimeout = TimeSpan.FromMilliseconds(500));
        await using TestClient answering = await TestClient.ConnectAsync(server, "bob");
        await using TestClient silent = await TestClient.OpenAsync(server, "alice", answersClose: false);
        Assert.IsType<WelcomeMessage>(await silent.NextAsync());
        using RawClient unread = await RawClient.OpenAsync(server, "alice");
        long started = Stopwatch.GetTimestamp();

        await server.StopAsync();

        // Kestrel alone would wait for them until the shutdown timeout of 20 s.
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10), $"It took {Stopwatch.GetElapsedTime(started)}.");
        Assert.Equal(1012, (await silent.Closed).Code);
        Assert.Equal(1012, (await answering.Closed).Code);
        Assert.Equal(1012, await unread.ReadCloseAsync());
        await unread.WhenEndedAsync();
    }

    [Fact]
    public async Task Stop_SubscriberThatDoesNotRead_DoesNotHoldItUp()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Retention.MaxBytes = 64 * 1024 * 1024;
            options.Retention.MaxEvents = 10_000;
            options.Delivery.CloseTimeout = TimeSpan.FromMilliseconds(500);
            options.Delivery.SendTimeout = TimeSpan.FromHours(1);
        });
        using RawClient slow = await RawClient.OpenAsync(server, "alice", receiveBufferBytes: 4096);
        string text = new('x', 16 * 1024);
        for (int i = 0; i < 1_000; i++)
        {
            server.EmitterFor("alice").Emit("note", new { Text = text });
        }

        long started = Stopwatch.GetTimestamp();
        await server.StopAsync();

        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10), $"It took {Stopwatch.GetElapsedTime(started)}.");
        Assert.Equal(0, server.Registry.Count);
    }

    [Fact]
    public async Task Stop_WhileClientsConnect_EachIsRefusedOrClosedAndNothingHangs()
    {
        const int Refused = 0;
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient first = await TestClient.ConnectAsync(server, "alice");
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int?>[] connecting = [.. Enumerable.Range(0, 60).Select(async i =>
        {
            await gate.Task;
            try
            {
                await using TestClient client = await TestClient.OpenAsync(server, $"user-{i}");
                return (await client.Closed).Code;
            }
            catch (System.Net.WebSockets.WebSocketException)
            {
                return Refused; // 503, or nobody listens any more
            }
        })];
        long started = Stopwatch.GetTimestamp();

        gate.SetResult();
        await server.StopAsync();

        int?[] codes = await Task.WhenAll(connecting).OrFail();
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10), $"It took {Stopwatch.GetElapsedTime(started)}.");
        Assert.All(codes, code => Assert.True(code is Refused or 1012, $"{code}"));
        Assert.Equal(1012, (await first.Closed).Code);
        Assert.Equal((0, 0), (server.Registry.Count, server.Registry.Places.Taken));
    }

    [Fact]
    public async Task Stop_InTheMiddleOfAReplay_DoesNotWaitForIt()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Retention.MaxBytes = 64 * 1024 * 1024;
            options.Retention.MaxEvents = 10_000;
            options.Delivery.CloseTimeout = TimeSpan.FromMilliseconds(500);
            options.Delivery.SendTimeout = TimeSpan.FromHours(1);
        });
        string text = new('x', 16 * 1024);
        EmitResult last = default;
        for (int i = 0; i < 1_000; i++)
        {
            last = server.EmitterFor("alice").Emit("note", new { Text = text });
        }

        using RawClient slow = await RawClient.OpenAsync(server, "alice", receiveBufferBytes: 4096, query: $"last_event_id={last.EventId.At(0)}");
        WelcomeMessage welcome = Assert.IsType<WelcomeMessage>(ServerMessageReader.Read((await slow.ReadFrameAsync())!.Payload));
        Assert.True(welcome.Resumed);
        long started = Stopwatch.GetTimestamp();

        await server.StopAsync();

        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10), $"It took {Stopwatch.GetElapsedTime(started)}.");
        Assert.Equal((0, 0), (server.Registry.Count, server.Registry.Places.Taken));
        await slow.WhenEndedAsync();
    }
}
