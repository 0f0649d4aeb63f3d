using System.Buffers;
using System.Text;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Tests.Protocol;

public sealed class ClientMessageReaderTests
{
    public static TheoryData<string, string> Hostile => new()
    {
        { "empty", "" },
        { "blank", "  " },
        { "truncated", "{\"type\":\"ping\"" },
        { "array", "[]" },
        { "string", "\"ping\"" },
        { "number", "1" },
        { "null", "null" },
        { "two messages", "{\"type\":\"ping\"}{\"type\":\"ping\"}" },
        { "comment", "{\"type\":\"ping\"/**/}" },
        { "trailing comma", "{\"type\":\"ping\",}" },
        { "single quotes", "{'type':'ping'}" },
        { "depth 33", "{\"type\":\"ask\",\"a\":" + new string('[', 33) + new string(']', 33) + "}" },
        { "depth 10,000", "{\"type\":\"ask\",\"a\":" + new string('[', 10_000) + new string(']', 10_000) + "}" },
        { "depth 10,000 unclosed", new string('[', 10_000) },
        { "duplicate keys", """{"type":"ask","a":1,"a":2}""" },
        { "duplicate types", """{"type":"ping","type":"agent_started"}""" },
        { "duplicate keys, one escaped", """{"type":"ping","\u0074ype":"agent_started"}""" },
        { "duplicate keys, nested", """{"type":"ask","a":{"b":1,"b":2}}""" },
        { "NaN", """{"type":"ask","a":NaN}""" },
        { "Infinity", """{"type":"ask","a":-Infinity}""" },
        { "id of 10^400", """{"type":"ack","id":1e400}""" },
        { "lone surrogate as type", """{"type":"\ud800"}""" },
        { "lone surrogate as ref", """{"type":"ping","ref":"\udc00"}""" },
        { "lone surrogate in an id", """{"type":"ack","id":"\ud800-1"}""" },
        { "lone surrogate in a thread", """{"type":"ask","thread_id":"\ud800"}""" },
        { "lone surrogate in a filter", """{"type":"subscribe","threads":["\ud800"]}""" },
        { "lone surrogate as name", """{"\ud800":1,"type":"ping"}""" },
        { "BOM", "\ufeff{\"type\":\"ping\"}" },
        { "no type", "{}" },
        { "type null", """{"type":null}""" },
        { "type number", """{"type":1}""" },
        { "type object", """{"type":{}}""" },
        { "ref number", """{"type":"ping","ref":1}""" },
        { "ref object", """{"type":"ping","ref":{}}""" },
        { "ref of 65", """{"type":"ping","ref":"RRRRR"}""".Replace("RRRRR", new string('r', 65), StringComparison.Ordinal) },
        { "ack without id", """{"type":"ack"}""" },
        { "ack null", """{"type":"ack","id":null}""" },
        { "ack number", """{"type":"ack","id":41}""" },
        { "ack 2^64-1", """{"type":"ack","id":"k3v9x2-18446744073709551615"}""" },
        { "ack negative", """{"type":"ack","id":"k3v9x2--1"}""" },
        { "thread number", """{"type":"ask","thread_id":1}""" },
        { "thread empty", """{"type":"ask","thread_id":""}""" },
        { "thread of 257", """{"type":"ask","thread_id":"TTTTT"}""".Replace("TTTTT", new string('t', 257), StringComparison.Ordinal) },
        { "run with newline", """{"type":"cancel","run_id":"a\nb"}""" },
        { "run list", """{"type":"cancel","run_id":["a"]}""" },
        { "threads string", """{"type":"subscribe","threads":"t-1"}""" },
        { "threads object", """{"type":"subscribe","threads":{}}""" },
        { "threads with null", """{"type":"subscribe","threads":[null]}""" },
        { "threads with number", """{"type":"subscribe","threads":[1]}""" },
        { "runs false", """{"type":"subscribe","runs":false}""" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void TryRead_HostileInput_IsABadRequest(string name, string json)
    {
        bool read = Read(Encoding.UTF8.GetBytes(json), out ClientMessage? message, out ErrorMessage? error);

        Assert.False(read, name);
        Assert.Null(message);
        Assert.Equal(ErrorCodes.BadRequest, error!.Code);
    }

    [Fact]
    public void TryRead_InvalidUtf8_IsABadRequest()
    {
        byte[] json = [.. "{\"type\":\"ping\",\"ref\":\""u8, 0xC3, 0x28, .. "\"}"u8];

        Assert.False(Read(json, out _, out ErrorMessage? error));
        Assert.Equal(ErrorCodes.BadRequest, error!.Code);
    }

    [Theory]
    [InlineData("agent_started")]
    [InlineData("agent_")]
    [InlineData("agent_anything")]
    [InlineData("tool_executing")]
    [InlineData("tool_x")]
    [InlineData("input_requested")]
    [InlineData("input_x")]
    public void TryRead_TypeOfTheServer_IsForbidden(string type)
    {
        Assert.False(Read(Encoding.UTF8.GetBytes($$"""{"type":"{{type}}","ref":"q1"}"""), out _, out ErrorMessage? error));
        Assert.Equal((ErrorCodes.Forbidden, "q1"), (error!.Code, error.Ref));
    }

    [Fact]
    public void TryRead_RefOf64_IsKept()
    {
        string reference = new('r', 64);

        Assert.True(Read(Encoding.UTF8.GetBytes($$"""{"type":"ping","ref":"{{reference}}"}"""), out ClientMessage? message, out _));
        Assert.Equal(reference, message!.Ref);
    }

    [Fact]
    public void TryRead_BadMessageWithAGoodRef_AnswersWithIt()
    {
        Assert.False(Read("""{"ref":"q1","type":"ack","id":7}"""u8.ToArray(), out _, out ErrorMessage? error));
        Assert.Equal("q1", error!.Ref);
    }

    [Theory]
    [InlineData("threads", 32, true)]
    [InlineData("threads", 33, false)]
    [InlineData("runs", 32, true)]
    [InlineData("runs", 33, false)]
    [InlineData("threads", 10_000, false)]
    public void TryRead_FilterAtItsLimit_IsRead_AboveIsRefused(string field, int entries, bool accepted)
    {
        string ids = string.Join(',', Enumerable.Range(0, entries).Select(i => $"\"id-{i}\""));

        bool read = Read(Encoding.UTF8.GetBytes($$"""{"type":"subscribe","{{field}}":[{{ids}}]}"""), out _, out ErrorMessage? error);

        Assert.Equal(accepted, read);
        Assert.Equal(accepted ? null : ErrorCodes.LimitExceeded, error?.Code);
    }

    [Theory]
    [InlineData("""{"type":"ping","a":"LONG"}""")]
    [InlineData("""{"type":"ask","a":"LONG"}""")]
    public void TryRead_StringOfAMegabyte_IsOnlyAString(string json)
    {
        // The bound on the size of a message is the transport's.
        Assert.True(Read(Encoding.UTF8.GetBytes(json.Replace("LONG", new string('x', 1_000_000), StringComparison.Ordinal)), out _, out _));
    }

    [Fact]
    public void TryRead_HundredThousandProperties_IsReadInOnePass()
    {
        string json = "{\"type\":\"ask\"," + string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"p{i}\":{i}")) + "}";

        Assert.True(Read(Encoding.UTF8.GetBytes(json), out ClientMessage? message, out _));
        Assert.Equal("ask", message!.Type);
    }

    [Fact]
    public void TryRead_FieldsNobodyKnows_AreIgnored()
    {
        Assert.True(Read("""{"type":"ping","later":{"a":[1,2]},"ref":"p"}"""u8.ToArray(), out ClientMessage? message, out _));
        Assert.Equal(new PingMessage("p"), message);
    }

    [Fact]
    public void TryRead_MessageInManyPieces_IsTheSame()
    {
        byte[] json = """{"type":"ack","id":"k3v9x2-41","ref":"é"}"""u8.ToArray();
        for (int split = 1; split < json.Length; split++)
        {
            Piece first = new(json.AsMemory(0, split));
            Piece last = first.Append(json.AsMemory(split));
            ReadOnlySequence<byte> pieces = new(first, 0, last, last.Memory.Length);

            Assert.True(ClientMessageReader.TryRead(pieces, 32, out ClientMessage? message, out _));
            Assert.Equal(new AckMessage("é", EventId.Parse("k3v9x2-41", null)), message);
        }
    }

    private static bool Read(byte[] utf8, out ClientMessage? message, out ErrorMessage? error) =>
        ClientMessageReader.TryRead(new ReadOnlySequence<byte>(utf8), 32, out message, out error);

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            Piece next = new(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
