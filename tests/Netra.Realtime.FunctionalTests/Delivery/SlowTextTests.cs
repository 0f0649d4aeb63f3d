using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;

namespace Netra.Realtime.FunctionalTests.Delivery;

/// <summary>Text to a consumer that is slow: whatever is joined on the way, it is the text that was written.</summary>
public sealed class SlowTextTests
{
    // Some 1.3 MB with what stands around each: far more than the kernel and the web server hold with the buffers below.
    private const int Deltas = 6_000;

    private static readonly string[] Written = [.. Enumerable.Range(0, Deltas).Select(i => $"{i}: \u2713 \ud83d\ude00 \"{new string('x', i % 100)}\";\n")];

    [Fact]
    public async Task Text_ReaderStopsAndGoesOn_IsExactAndMostlyJoined()
    {
        await using RealtimeServer server = await StartAsync(TimeSpan.FromMinutes(1));
        using RawClient slow = await RawClient.OpenAsync(server, "alice", receiveBufferBytes: 4096);

        EventId last = await WriteAsync(server);

        List<AgentEvent> events = await ReadToAsync(slow, last);
        Assert.Equal(string.Concat(Written), TextOf(events));
        Assert.InRange(events.OfType<AgentResponding>().Count(), 1, Deltas / 2);
        AssertAscendsWithoutAHole(events);
    }

    [Fact]
    public async Task Text_ReaderOfAKilobyteASecond_IsClosedAsSlowAndResumesToTheExactText()
    {
        await using RealtimeServer server = await StartAsync(TimeSpan.FromMilliseconds(500));
        using CloseWatch closes = new(server);
        await using FaultProxy line = new(server.EndPoint);
        line.Expect(Fault.None with { BytesPerSecond = 1024 });
        using RawClient slow = await RawClient.ConnectAsync(line.EndPoint, receiveBufferBytes: 4096);
        Assert.Equal(101, (await slow.HandshakeAsync(server, "alice")).Status);
        Task<(IReadOnlyList<ServerMessage> Messages, int? CloseCode)> reading = slow.ReadToEndAsync();

        EventId last = await WriteAsync(server);

        await closes.WhenClosedAsync(4408);
        await line.DisposeAsync(); // what is on the line would take a minute
        AgentEvent[] before = [.. (await reading.OrFail()).Messages.OfType<AgentEvent>()];
        Assert.NotEmpty(before);
        await using TestClient again = await TestClient.ConnectAsync(server, "alice", $"last_event_id={before[^1].Id}");
        Assert.True(again.Welcome.Resumed);
        AgentEvent[] events = [.. before, .. await again.ReadUntilAsync(e => e.Id == last)];
        Assert.Equal(string.Concat(Written), TextOf(events));
        AssertAscendsWithoutAHole(events);
    }

    // With small buffers, so that it is slow soon, and a log that holds all of it.
    private static Task<RealtimeServer> StartAsync(TimeSpan sendTimeout) => RealtimeServer.StartAsync(setup => setup.Options = options =>
    {
        options.Delivery.SendTimeout = sendTimeout;
        options.Delivery.SendBufferBytes = 16 * 1024;
        options.Retention.MaxBytes = 8 * 1024 * 1024;
    });

    // On a thread of its own: an emit that waited for the socket would never come back.
    private static Task<EventId> WriteAsync(RealtimeServer server) => Task.Run(() =>
    {
        using RunEmitter run = server.EmitterFor("alice").StartRun("writer");
        foreach (string delta in Written)
        {
            Assert.True(run.Respond(delta).IsInLog);
        }

        return run.Complete().EventId;
    }).OrFail();

    private static async Task<List<AgentEvent>> ReadToAsync(RawClient client, EventId last)
    {
        List<AgentEvent> events = [];
        while (events.Count == 0 || events[^1].Id != last)
        {
            RawFrame? frame = await client.ReadFrameAsync();
            Assert.NotNull(frame);
            Assert.NotEqual(RawClient.Close, frame.Opcode);
            if (frame.Opcode == RawClient.Text && ServerMessageReader.Read(frame.Payload) is AgentEvent next)
            {
                events.Add(next);
            }
        }

        return events;
    }

    private static string TextOf(IEnumerable<AgentEvent> events) => string.Concat(events.OfType<AgentResponding>().Select(e => e.Delta));

    // An event stands for its ids from the first to its own.
    private static void AssertAscendsWithoutAHole(IEnumerable<AgentEvent> events)
    {
        long next = 1;
        foreach (AgentEvent e in events)
        {
            Assert.Equal(next, (e.First ?? e.Id).Sequence);
            next = e.Id.Sequence + 1;
        }
    }
}
