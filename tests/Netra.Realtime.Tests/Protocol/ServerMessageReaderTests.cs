using System.Text;
using System.Text.Json;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Tests.Protocol;

public sealed class ServerMessageReaderTests
{
    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"type":1}""")]
    [InlineData("""{"type":"welcome"}""")]
    [InlineData("""{"type":"cursor","id":"nonsense"}""")]
    [InlineData("""{"id":"k3v9x2-1","type":"agent_started","ts":"2026-11-23T10:15:30.123Z","payload":[]}""")]
    [InlineData("""{"id":"k3v9x2-1","type":"agent_thinking","ts":"2026-11-23T10:15:30.123Z","payload":{}}""")]
    [InlineData("""{"id":"k3v9x2-1","type":"agent_thinking","ts":"2026-11-23T10:15:30.123Z","payload":{"delta":null,"part":1}}""")]
    [InlineData("""{"id":"k3v9x2-1","type":null,"ts":"2026-11-23T10:15:30.123Z","payload":{}}""")]
    [InlineData("""{"type":"error","code":null,"message":"x"}""")]
    [InlineData("""{"id":1,"type":"x","ts":"2026-11-23T10:15:30.123Z","payload":{}}""")]
    public void Read_NotAMessageOfThisProtocol_Throws(string json)
    {
        RealtimeProtocolException thrown = Assert.Throws<RealtimeProtocolException>(() => ServerMessageReader.Read(Encoding.UTF8.GetBytes(json)));
        Assert.Equal(CloseReason.ProtocolError, thrown.CloseReason);
    }

    [Fact]
    public void Read_UnknownControlMessage_IsIgnored()
    {
        Assert.Null(ServerMessageReader.Read("""{"type":"auth_expiring","in_ms":5}"""u8));
    }

    [Fact]
    public void Read_NamesOfALaterVersion_AreReadAsTheMostGeneral()
    {
        AgentFailed failed = Assert.IsType<AgentFailed>(ServerMessageReader.Read(
            """{"id":"k3v9x2-1","type":"agent_failed","ts":"2026-11-23T10:15:30.123Z","payload":{"reason":"over_budget","duration_ms":1}}"""u8));
        ToolCompleted tool = Assert.IsType<ToolCompleted>(ServerMessageReader.Read(
            """{"id":"k3v9x2-1","type":"tool_completed","ts":"2026-11-23T10:15:30.123Z","payload":{"call_id":"c","tool":"t","status":"skipped","duration_ms":1}}"""u8));
        ResetMessage reset = Assert.IsType<ResetMessage>(ServerMessageReader.Read("""{"type":"reset","reason":"log_moved","last_event_id":"k3v9x2-1"}"""u8));

        Assert.Equal((FailureReason.Error, ToolStatus.Failed, ResetReason.LogLost), (failed.Reason, tool.Status, reset.Reason));
    }

    // As an application does it that keeps events by its own serializer.
    [Fact]
    public void Names_BySerializersOfTheApplication_AreThoseOfTheWireAlsoAsKeys()
    {
        Dictionary<ToolStatus, FailureReason> written = new() { [ToolStatus.Succeeded] = FailureReason.TimedOut };

        string json = JsonSerializer.Serialize(written);

        Assert.Equal("""{"succeeded":"timed_out"}""", json);
        Assert.Equal(written, JsonSerializer.Deserialize<Dictionary<ToolStatus, FailureReason>>(json));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("{}")]
    public void Read_NameThatIsNoText_Throws(string name)
    {
        byte[] message = Encoding.UTF8.GetBytes($$"""{"type":"reset","reason":{{name}},"last_event_id":"k3v9x2-1"}""");

        Assert.Throws<RealtimeProtocolException>(() => ServerMessageReader.Read(message));
    }

    [Theory]
    [InlineData(240, true)]
    [InlineData(260, false)]
    public void Read_Nested_AsDeepAsAnEmitterWritesAndMore(int depth, bool isRead)
    {
        string nested = new string('[', depth) + new string(']', depth);
        byte[] message = Encoding.UTF8.GetBytes($$"""{"id":"k3v9x2-1","type":"note","ts":"2026-11-23T10:15:30.123Z","payload":{{nested}} }""");

        Assert.Equal(isRead, Record.Exception(() => ServerMessageReader.Read(message)) is null);
    }

    [Fact]
    public void Read_EventOfALaterVersionWithUnknownFields_IsACustomEvent()
    {
        ServerMessage? message = ServerMessageReader.Read(
            """{"id":"k3v9x2-1","type":"agent_dreaming","ts":"2026-11-23T10:15:30.123Z","mood":1,"payload":{"a":1}}"""u8);

        CustomEvent read = Assert.IsType<CustomEvent>(message);
        Assert.Equal(("agent_dreaming", 1L), (read.Type, read.Id.Sequence));
    }
}
