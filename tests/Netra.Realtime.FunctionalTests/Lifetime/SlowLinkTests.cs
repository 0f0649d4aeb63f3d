using System.Diagnostics;
using Netra.Realtime.Connections;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;
using Xunit.Abstractions;

namespace Netra.Realtime.FunctionalTests.Lifetime;

/// <summary>A live peer that reads all it gets, behind a line that is much slower than what waits for it.</summary>
/// <remarks>
/// By the switch Production's own times, 2 MB and 50 KB/s. Usually less of all of it: what waits takes longer than the heartbeat's timeout and the
/// send attempts together, and what the buffers on the way hold (about 40 KB) takes much less.
/// </remarks>
public sealed class SlowLinkTests(ITestOutputHelper output)
{
    private static readonly int Events = LongTests.Times(650, 2_000);
    private static readonly int BytesPerSecond = LongTests.Times(100_000, 50_000);

    private static readonly string Text = new('x', 1_000);

    [FramedTheory]
    [InlineData(true)]
    [InlineData(false)] // its pongs wait on their way as long as the backlog does: only that the writes go on says that it lives
    public async Task Peer_OnASlowLinkWithABacklog_IsNotGivenUpAndGetsEverythingOnceInOrder(bool answersPings)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            (options.Heartbeat.Interval, options.Heartbeat.Timeout, options.Heartbeat.Missed) =
                LongTests.Enabled ? (TestHeartbeat.Interval, TestHeartbeat.Timeout, TestHeartbeat.Missed) : (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), 4);
            options.Delivery.SendTimeout = TimeSpan.FromSeconds(LongTests.Times(1, 2));
            options.Delivery.SendBufferBytes = LongTests.Times(16 * 1024, options.Delivery.SendBufferBytes);
            options.Retention.MaxEvents = 10_000;
            options.Retention.MaxBytes = 8 * 1024 * 1024;
        });
        await using FaultProxy proxy = new(server.EndPoint);
        proxy.Expect(Fault.None with { BytesPerSecond = BytesPerSecond });
        using RawClient client = await RawClient.ConnectAsync(proxy.EndPoint, receiveBufferBytes: 16 * 1024);
        Assert.Equal(101, (await client.HandshakeAsync(server, "alice")).Status);
        WelcomeMessage welcome = Assert.IsType<WelcomeMessage>(ServerMessageReader.Read((await client.ReadFrameAsync())!.Payload));
        RealtimeConnection connection = server.Registry.Find(welcome.ConnectionId)!; // it was welcomed

        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < Events; i++)
        {
            Assert.True(server.EmitterFor("alice").Emit("note", Text).IsInLog);
        }

        int pings = 0;
        for (int last = 0; last < Events;)
        {
            RawFrame? frame = await client.ReadFrameAsync();
            Assert.True(frame is not null && frame.Opcode != RawClient.Close, $"Closed after event {last}: {connection.CloseReason?.Code}");
            if (frame.Opcode == RawClient.Ping)
            {
                pings++;
                await (answersPings ? client.SendAsync(RawClient.Pong, frame.Payload) : Task.CompletedTask);
            }
            else if (ServerMessageReader.Read(frame.Payload) is AgentEvent next)
            {
                Assert.Equal(++last, next.Id.Sequence);
            }
        }

        TimeSpan took = watch.Elapsed;
        await client.SendAsync("""{"type":"ping","ref":"still here"}""");
        await ReadPongAsync(client);
        output.WriteLine($"{took.TotalSeconds:F1} s, pings {pings}, {server.Registry.Metrics.Heartbeat}, {connection.Heartbeat!.RoundTrips.Figures}");
        Assert.True(took.TotalSeconds > 0.9 * Events * Text.Length / BytesPerSecond, "The line was not slow.");
        Assert.True(pings > 0);
        Assert.Equal((0, 0), (server.Registry.Metrics.Heartbeat.TimeoutsDetected, server.Registry.Metrics.DroppedCount));
        Assert.Equal(Holdings.One, Holdings.Of(server, "alice"));
    }

    // No event comes before it, for all have come.
    private static async Task ReadPongAsync(RawClient client)
    {
        while (await client.ReadFrameAsync() is { } frame)
        {
            switch (frame.Opcode == RawClient.Text ? ServerMessageReader.Read(frame.Payload) : null)
            {
                case PongMessage pong:
                    Assert.Equal("still here", pong.Ref);
                    return;
                case AgentEvent again:
                    Assert.Fail($"{again.Id} has come already.");
                    break;
            }
        }

        Assert.Fail("The connection has ended.");
    }
}
