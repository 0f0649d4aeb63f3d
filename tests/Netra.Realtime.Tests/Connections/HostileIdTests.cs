using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

/// <summary>Ids that look alike, and ids of somebody else: nobody gets or learns anything through them.</summary>
public sealed class HostileIdTests
{
    private static readonly UserId[] LookAlikes =
    [
        UserId.Create("alice"), UserId.Create("Alice"), UserId.Create("ALICE"), UserId.Create("alice", "a"), UserId.Create("a/alice"),
        UserId.Create("caf\u00e9"), UserId.Create("cafe\u0301"), UserId.Create("b:c", "a"), UserId.Create("c", "a:b"), UserId.Create("a:b:c"),
    ];

    [Fact]
    public async Task Users_WhoseIdsLookAlike_GetExactlyTheirOwn()
    {
        await using RealtimeHarness realtime = new();
        FakeClient[] clients = [.. LookAlikes.Select(user => realtime.Connect(user))];
        for (int i = 0; i < LookAlikes.Length; i++)
        {
            RunEmitter run = realtime.Emitters.CreateFor(LookAlikes[i], new ThreadId("t")).StartRun("agent", new RunStart { RunId = new RunId("r") });
            run.Respond($"text of {i}");
            run.Emit("mine", i);
            run.Complete(i);
        }
        for (int i = 0; i < LookAlikes.Length; i++)
        {
            clients[i].Transport.ClientClose();
            List<AgentEvent> events = [.. (await clients[i].ToEndAsync()).OfType<AgentEvent>()];
            await clients[i].EndedAsync();

            Assert.Equal([1, 2, 3, 4], events.Select(e => e.Id.Sequence));
            Assert.Equal($"text of {i}", Assert.IsType<AgentResponding>(events[1]).Delta);
            Assert.Equal($"{i}", Assert.IsType<CustomEvent>(events[2]).Payload.ToString());
            Assert.Equal($"{i}", Assert.IsType<AgentCompleted>(events[3]).Result.ToString());
        }
    }

    [Theory]
    [InlineData("""{"type":"cancel","run_id":"r-bob","ref":"1"}""", """{"type":"cancel","run_id":"r-none","ref":"1"}""")]
    [InlineData("""{"type":"join","room":"room-bob","ref":"1"}""", """{"type":"join","room":"room-none","ref":"1"}""")]
    [InlineData("""{"type":"leave","room":"room-bob","ref":"1"}""", """{"type":"leave","room":"room-none","ref":"1"}""")]
    [InlineData("""{"type":"subscribe","threads":["t-bob"],"runs":["r-bob"],"ref":"1"}""", """{"type":"subscribe","threads":["t-none"],"runs":["r-none"],"ref":"1"}""")]
    public async Task Message_WithAnIdOfSomebodyElse_IsAnsweredAsIfItDidNotExist(string foreign, string unknown)
    {
        await using RealtimeHarness realtime = new();
        BeginBob(realtime);
        FakeClient client = realtime.Connect();
        await client.StartedAsync();

        client.Send(foreign);
        string first = await RawAsync(client);
        client.Send(unknown);

        Assert.Equal(await RawAsync(client), first);
    }

    [Fact]
    public async Task Connect_WithIdsOfSomebodyElse_IsWelcomedAsIfTheyDidNotExist()
    {
        await using RealtimeHarness realtime = new();
        EventId bobs = BeginBob(realtime);
        realtime.Emitters.CreateFor(RealtimeHarness.Alice, new ThreadId("t-alice")).StartRun("agent", new RunStart { RunId = new RunId("r-alice") });

        Assert.Equal(await StartAsync(realtime, r => r with { LastEventId = "zzzzzzzz-1" }), await StartAsync(realtime, r => r with { LastEventId = bobs.ToString() }));
        Assert.Equal(await StartAsync(realtime, r => r with { Threads = Set(new ThreadId("t-none")) }), await StartAsync(realtime, r => r with { Threads = Set(new ThreadId("t-bob")) }));
        Assert.Equal(await StartAsync(realtime, r => r with { Runs = Set(new RunId("r-none")) }), await StartAsync(realtime, r => r with { Runs = Set(new RunId("r-bob")) }));
    }

    [Fact]
    public async Task Block_RecycledForSomebodyElseWhileStillRead_IsNeverWritten()
    {
        await using RealtimeHarness realtime = new();
        FakeClient alice = realtime.Connect(stalled: true);
        EventId id = realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("mine", "public").EventId;
        UserSession session = realtime.Sessions.Find(RealtimeHarness.Alice)!;
        LogEntry entry;
        lock (session.Gate)
        {
            // The fault that the stamp is there for: the block goes back although a log still has it.
            entry = EntryOf(session, id.Sequence);
            realtime.Sessions.Pool.Return(entry);
        }
        EventId bobs = realtime.Emitters.CreateFor(RealtimeHarness.Bob).Emit("mine", "secret").EventId;
        Assert.Same(entry, EntryOf(realtime.Sessions.Find(RealtimeHarness.Bob)!, bobs.Sequence));
        alice.Transport.Resume();

        List<ServerMessage> messages = await alice.ToEndAsync();

        Assert.Equal(CloseReason.InternalError, await alice.EndedAsync());
        Assert.DoesNotContain(messages, message => message is AgentEvent);
    }

    private static LogEntry EntryOf(UserSession session, long sequence)
    {
        object order = typeof(EventLog).GetField("_order", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.GetValue(session.Log)!;
        return ((SequenceRing)order)[sequence].Entry!;
    }

    private static EventId BeginBob(RealtimeHarness realtime)
    {
        realtime.Services.GetRequiredService<RealtimeRooms>().Join(RealtimeHarness.Bob, new RoomId("room-bob"));
        return realtime.Emitters.CreateFor(RealtimeHarness.Bob, new ThreadId("t-bob")).StartRun("agent", new RunStart { RunId = new RunId("r-bob") }).Started.EventId;
    }

    private static HashSet<T> Set<T>(T id) => [id];

    // Everything up to the end of the replay, but for the id of the connection.
    private static async Task<string> StartAsync(RealtimeHarness realtime, Func<ConnectionRequest, ConnectionRequest> with)
    {
        FakeClient client = realtime.Connect(with: with);
        JsonNode welcome = JsonNode.Parse(await RawAsync(client))!;
        Assert.True(welcome.AsObject().Remove("connection_id"));
        StringBuilder all = new(welcome.ToJsonString());
        string message;
        do
        {
            message = await RawAsync(client);
            all.Append('\n').Append(message);
        }
        while (!message.StartsWith("{\"type\":\"cursor\"", StringComparison.Ordinal));
        client.Transport.ClientClose();
        await client.EndedAsync();
        return all.ToString();
    }

    private static async Task<string> RawAsync(FakeClient client) => Encoding.UTF8.GetString(await client.Transport.Outbound.ReadAsync().OrFail());
}
