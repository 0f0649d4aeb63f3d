using System.Text;
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
    public void Read_EventOfALaterVersionWithUnknownFields_IsACustomEvent()
    {
        ServerMessage? message = ServerMessageReader.Read(
            """{"id":"k3v9x2-1","type":"agent_dreaming","ts":"2026-11-23T10:15:30.123Z","mood":1,"payload":{"a":1}}"""u8);

        CustomEvent read = Assert.IsType<CustomEvent>(message);
        Assert.Equal(("agent_dreaming", 1L), (read.Type, read.Id.Sequence));
    }
}
