using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Delivery;

public sealed class SlowConsumerTests
{
    private const int EventBytes = 16 * 1024;

    // The kernel takes a few MiB on the loopback before a peer that does not read holds anybody up.
    private const int Events = 1_000;

    [Fact]
    public async Task Subscriber_ThatStopsReading_DelaysNobodyAndResumesCompletely()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Retention.MaxBytes = 64 * 1024 * 1024;
            options.Retention.MaxEvents = 10_000;
            options.Delivery.SendTimeout = TimeSpan.FromMilliseconds(500); // 4.5 times this is what the neighbour may fall behind on a busy machine
        });
        using RawClient slow = await RawClient.OpenAsync(server, "alice", receiveBufferBytes: 4096);
        Assert.IsType<WelcomeMessage>(ServerMessageReader.Read((await slow.ReadFrameAsync())!.Payload));
        await using TestClient neighbour = await TestClient.ConnectAsync(server, "alice");
        await using TestClient stranger = await TestClient.ConnectAsync(server, "bob");
        using CloseWatch closes = new(server);

        // On a thread of its own: an emit that waited for the socket would never come back.
        string text = new('x', EventBytes);
        Task emitting = Task.Run(() =>
        {
            UserEventEmitter emitter = server.EmitterFor("alice");
            for (int i = 1; i <= Events; i++)
            {
                Assert.True(emitter.Emit("note", new { Number = i, Text = text }).IsInLog);
            }

            server.EmitterFor("bob").Emit("note", new { });
        });
        await emitting.OrFail();

        Assert.Equal(Events, (await neighbour.NextEventsAsync(Events))[^1].Id.Sequence);
        Assert.Equal(1, (await stranger.NextEventAsync()).Id.Sequence);
        await closes.WhenClosedAsync(4408);

        (IReadOnlyList<ServerMessage> received, int? closeCode) = await slow.ReadToEndAsync();
        Assert.True(closeCode is 4408 or null);
        AgentEvent[] first = [.. received.OfType<AgentEvent>()];
        Assert.InRange(first.Length, 0, Events - 1);
        EventId last = first.Length > 0 ? first[^1].Id : neighbour.Welcome.LastEventId;
        await using TestClient resumed = await TestClient.ConnectAsync(server, "alice", $"last_event_id={last}");
        Assert.True(resumed.Welcome.Resumed);
        IEnumerable<AgentEvent> second = await resumed.ReadUntilAsync(e => e.Id.Sequence == Events);
        Assert.Equal(Enumerable.Range(1, Events), first.Concat(second).Select(e => (int)e.Id.Sequence));
        Assert.True(neighbour.IsOpen);
        Assert.True(stranger.IsOpen);
    }

    [Fact]
    public async Task Emit_SubscriberBehind_TellsTheProducerHowMuchWaits()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Retention.MaxBytes = 64 * 1024 * 1024;
            options.Retention.MaxEvents = 10_000;
        });
        using RawClient slow = await RawClient.OpenAsync(server, "alice", receiveBufferBytes: 4096);
        Assert.IsType<WelcomeMessage>(ServerMessageReader.Read((await slow.ReadFrameAsync())!.Payload));

        UserEventEmitter emitter = server.EmitterFor("alice");
        EmitResult last = default;
        string text = new('x', EventBytes);
        for (int i = 0; i < Events; i++)
        {
            last = emitter.Emit("note", new { Text = text });
        }

        Assert.True(last.PendingBytes > EventBytes, $"{last.PendingBytes} bytes wait.");
    }

    [Fact]
    public async Task Subscriber_LogTrimmedPastItsFlush_IsClosedAsSlowAndItsNextConnectionIsTold()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient slow = await RawClient.OpenAsync(server, "alice", receiveBufferBytes: 4096);
        WelcomeMessage welcome = Assert.IsType<WelcomeMessage>(ServerMessageReader.Read((await slow.ReadFrameAsync())!.Payload));
        using CloseWatch closes = new(server);

        UserEventEmitter emitter = server.EmitterFor("alice");
        string text = new('x', EventBytes);
        for (int i = 0; i < Events; i++)
        {
            emitter.Emit("note", new { Text = text });
        }

        await closes.WhenClosedAsync(4408);
        await using TestClient next = await TestClient.ConnectAsync(server, "alice", $"last_event_id={welcome.LastEventId}");
        Assert.Equal((false, ResetReason.TooOld), (next.Welcome.Resumed, next.Welcome.Reset));
    }
}
