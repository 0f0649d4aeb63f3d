using System.Buffers;
using System.Text.Json;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Protocol;

public sealed class GoldenClientTests
{
    private const string Cancel = """{"type":"cancel","ref":"q2","run_id":"r-9"}""";
    private const string Join = """{"type":"join","ref":"q4","room":"lobby"}""";
    private const string Leave = """{"type":"leave","ref":"q5","room":"lobby"}""";
    private const string Ask = """{"type":"ask","ref":"q3","thread_id":"t-1","question":"why?"}""";

    private static readonly FilterChange<ThreadId> AsBefore = new(false, null);
    private static readonly FilterChange<RunId> RunsAsBefore = new(false, null);

    public static TheoryData<string, string, ClientMessage> Messages => new()
    {
        { "client_ack", """{"type":"ack","id":"k3v9x2-41"}""", new AckMessage(null, EventId.Parse("k3v9x2-41", null)) },
        { "client_ping", """{"type":"ping"}""", new PingMessage(null) },
        { "client_ping_ref", """{"type":"ping","ref":"p1"}""", new PingMessage("p1") },
        { "client_subscribe_absent", """{"type":"subscribe","ref":"s1"}""", new SubscribeMessage("s1", AsBefore, RunsAsBefore) },
        {
            "client_subscribe_null", """{"type":"subscribe","threads":null,"runs":null}""",
            new SubscribeMessage(null, new(true, null), new(true, null))
        },
        {
            "client_subscribe_empty", """{"type":"subscribe","threads":[],"runs":[]}""",
            new SubscribeMessage(null, new(true, new HashSet<ThreadId>()), new(true, new HashSet<RunId>()))
        },
        {
            "client_subscribe_ids", """{"type":"subscribe","threads":["t-1","t-2"]}""",
            new SubscribeMessage(null, new(true, new HashSet<ThreadId> { new("t-1"), new("t-2") }), RunsAsBefore)
        },
        { "client_cancel", Cancel, new ApplicationMessage("cancel", "q2", null, new RunId("r-9"), JsonElement.Parse(Cancel)) },
        { "client_join", Join, new ApplicationMessage("join", "q4", null, null, JsonElement.Parse(Join)) },
        { "client_leave", Leave, new ApplicationMessage("leave", "q5", null, null, JsonElement.Parse(Leave)) },
        { "client_application", Ask, new ApplicationMessage("ask", "q3", new ThreadId("t-1"), null, JsonElement.Parse(Ask)) },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void ClientMessage_GoldenFile_ReadsAsItsRecord(string name, string json, ClientMessage expected)
    {
        byte[] golden = GoldenFile.Check(name, json);

        bool read = ClientMessageReader.TryRead(new ReadOnlySequence<byte>(golden), 32, out ClientMessage? message, out _);

        Assert.True(read);
        Assert.Null(Same.Difference(expected, message));
    }
}
