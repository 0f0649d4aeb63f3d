using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Emitters;

public sealed class EventEncodingTests
{
    private readonly LogHarness _log = new(maxBytes: 4 * 1024 * 1024);

    [Theory]
    [InlineData(2_000, false)]
    [InlineData(2_001, true)]
    public void ToolInput_StringAroundItsLimit_IsCutAboveIt(int length, bool isCut)
    {
        TestCursor cursor = _log.Attach();
        RunEmitter run = _log.StartRun();
        run.ExecuteTool("a", new { List = new[] { "short", new string('é', length) } });
        run.ExecuteTool("b", new string('é', length));

        ToolExecuting[] tools = [.. cursor.ReadEvents().OfType<ToolExecuting>()];

        Assert.Equal(2_000, tools[0].Input!.Value.GetProperty("list")[1].GetString()!.Length);
        Assert.Equal(2_000, tools[1].Input!.Value.GetString()!.Length);
        Assert.Equal(isCut ? 4_002L : null, tools[0].Truncated?["payload.input.list[]"]);
        Assert.Equal(isCut ? 4_002L : null, tools[1].Truncated?["payload.input"]);
    }

    [Theory]
    [InlineData(10_000, false)]
    [InlineData(10_001, true)]
    public void ToolOutput_StringAroundItsLimit_IsCutAboveIt(int length, bool isCut)
    {
        TestCursor cursor = _log.Attach();
        _log.StartRun().ExecuteTool("a", 1).Complete(new string('x', length));

        ToolCompleted tool = Assert.Single(cursor.ReadEvents().OfType<ToolCompleted>());

        Assert.Equal(10_000, tool.Output!.Value.GetString()!.Length);
        Assert.Equal(isCut ? 10_001L : null, tool.Truncated?["payload.output"]);
    }

    [Theory]
    [InlineData(300, false)]
    [InlineData(301, true)]
    public void ErrorMessage_AroundItsLimit_IsCutAboveIt(int length, bool isCut)
    {
        TestCursor cursor = _log.Attach();
        RunEmitter run = _log.StartRun();
        run.ExecuteTool("a", 1).Fail("code", new string('x', length));
        run.Fail(FailureReason.Error, "code", new string('x', length));

        List<AgentEvent> events = cursor.ReadEvents();
        ToolCompleted tool = Assert.Single(events.OfType<ToolCompleted>());
        AgentFailed failed = Assert.Single(events.OfType<AgentFailed>());

        Assert.Equal((300, 300), (tool.Error!.Message.Length, failed.Error!.Message.Length));
        Assert.Equal(isCut ? 301L : null, tool.Truncated?["payload.error.message"]);
        Assert.Equal(isCut ? 301L : null, failed.Truncated?["payload.error.message"]);
    }

    [Fact]
    public void Cut_InTheMiddleOfAPair_LeavesNoHalf()
    {
        TestCursor cursor = _log.Attach();
        _log.StartRun().ExecuteTool("a", new string('x', 1_999) + "\U0001F600");

        Assert.Equal(new string('x', 1_999), Assert.Single(cursor.ReadEvents().OfType<ToolExecuting>()).Input!.Value.GetString());
    }

    [Fact]
    public void Result_JsonTooLarge_IsLeftOutAndTheRunCompletes()
    {
        TestCursor cursor = _log.Attach();
        EmitResult result = _log.StartRun().Complete(Enumerable.Range(0, 30_000).ToArray(), EventPayload.From(new { OutputTokens = 1 }));

        AgentCompleted completed = Assert.Single(cursor.ReadEvents().OfType<AgentCompleted>());

        Assert.True(result.IsInLog);
        Assert.Null(completed.Result);
        Assert.NotNull(completed.Usage);
        Assert.True(completed.Truncated!["payload.result"] > 64 * 1024);
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(64_000)]
    public void Result_TextJustBelowTheLimit_IsWhole(int length)
    {
        TestCursor cursor = _log.Attach();
        _log.StartRun().Complete(new string('x', length));

        AgentCompleted completed = Assert.Single(cursor.ReadEvents().OfType<AgentCompleted>());

        Assert.Equal(length, completed.Result!.Value.GetString()!.Length);
        Assert.Null(completed.Truncated);
    }

    // The limit of the text is that of the event, less the 1,024 bytes kept for its end.
    [Theory]
    [InlineData(65_000)]
    [InlineData(300_000)]
    public void Result_TextAboveTheLimit_IsCutNearItAndItsSizeIsSaid(int length)
    {
        TestCursor cursor = _log.Attach();
        _log.StartRun().Complete(new string('x', length));

        byte[] message = cursor.ReadAllBytes()[^1];
        AgentCompleted completed = Assert.IsType<AgentCompleted>(ServerMessageReader.Read(message));

        Assert.InRange(message.Length, (63 * 1024) - 256, 64 * 1024);
        Assert.Equal(length, completed.Truncated!["payload.result"]);
    }

    [Theory]
    [InlineData('x')]
    [InlineData('\u0001')]
    [InlineData('€')]
    public void Result_EnormousText_IsCutAndTheRunCompletes(char c)
    {
        TestCursor cursor = _log.Attach();
        _log.StartRun().Complete(new string(c, 10_000_000));

        AgentCompleted completed = Assert.Single(cursor.ReadEvents().OfType<AgentCompleted>());

        Assert.True(completed.Result!.Value.GetString()!.Length > 1_000);
        Assert.Equal(Encoding.UTF8.GetByteCount(new string(c, 10_000_000)), completed.Truncated!["payload.result"]);
    }

    // Every length around the point where the JSON just fits and the text after it has no room left.
    [Fact]
    public async Task Result_JsonThatJustFits_TextAfterItIsCutAndEncodingEnds()
    {
        await Task.Run(() =>
        {
            LogHarness log = new(maxEventBytes: 4096, maxBytes: 1024 * 1024);
            TestCursor cursor = log.Attach();
            for (int length = 2_700; length < 3_100; length++)
            {
                RunEmitter run = log.StartRun(RunId.New().Value);
                Assert.True(run.Complete(new[] { new string('x', length) }, EventPayload.From("some text about the usage")).IsInLog);
                Assert.IsType<AgentCompleted>(cursor.ReadEvents()[^1]);
            }
        }).OrFail();
    }

    [Fact]
    public async Task ToolCall_LongestIdsInTheSmallestEvent_EncodingEndsAndIdsAreWhole()
    {
        await Task.Run(() =>
        {
            LogHarness log = new(maxEventBytes: 4096);
            string longest = string.Concat(Enumerable.Repeat("\U0001F600", 128));
            TestCursor cursor = log.Attach();
            RunEmitter run = log.StartRun(longest, longest, longest);
            ToolCall call = run.ExecuteTool("tool", "input", new CallId(longest));
            call.Progress(1, "message");
            call.Complete("output");
            run.Complete("result");

            List<AgentEvent> events = cursor.ReadEvents();
            Assert.Equal(["agent_started", "tool_executing", "tool_completed", "agent_completed"], events.Select(e => e.Type));
            Assert.Equal(longest, Assert.IsType<ToolExecuting>(events[1]).CallId.Value);
            Assert.Equal("tool", Assert.IsType<ToolCompleted>(events[2]).Tool);
            Assert.Equal(longest, events[3].RunId!.Value.Value);
        }).OrFail();
    }

    [Fact]
    public void Output_EnormousJsonThatIsMalformedBehindTheCap_IsLeftOutAndNotRefused()
    {
        TestCursor cursor = _log.Attach();
        RunEmitter run = _log.StartRun();
        string json = "[" + string.Concat(Enumerable.Repeat("1,", 100_000)) + "no JSON";

        Assert.True(run.ExecuteTool("tool").Complete(EventPayload.FromJson(Encoding.UTF8.GetBytes(json))).IsInLog);

        ToolCompleted completed = cursor.ReadEvents().OfType<ToolCompleted>().Single();
        Assert.Null(completed.Output);
        Assert.Equal(json.Length, completed.Truncated!["payload.output"]);
    }

    [Fact]
    public void Custom_TooLarge_IsRefusedAndTheRunGoesOn()
    {
        RunEmitter run = _log.StartRun();

        Assert.Equal(EmitRefusal.TooLarge, run.Emit("custom", new string('x', 70_000)).Refusal);
        Assert.Equal(EmitRefusal.TooLarge, run.Emit("custom", Enumerable.Range(0, 1_000_000)).Refusal);
        Assert.Equal(EmitRefusal.TooLarge, _log.Emitter().Emit("custom", EventPayload.FromJson(Encoding.UTF8.GetBytes("\"" + new string('x', 70_000) + "\""))).Refusal);
        Assert.True(run.Emit("custom", new string('x', 60_000)).IsInLog);
        Assert.True(run.Complete().IsInLog);
    }

    public static TheoryData<string> NotSerializable => new() { "getter", "memory", "cycle", "depth", "converter", "type" };

    [Theory]
    [MemberData(nameof(NotSerializable))]
    public void Custom_NotSerializable_IsRefusedAndTheRunGoesOn(string kind)
    {
        object payload = kind switch
        {
            "getter" => new Throwing(),
            "memory" => new Enormous(),
            "cycle" => new Cyclic(),
            "depth" => Nested(200),
            "converter" => new Odd(),
            _ => new { Type = typeof(string) },
        };
        TestCursor cursor = _log.Attach();
        RunEmitter run = _log.StartRun();

        Assert.Equal(EmitRefusal.NotSerializable, run.Emit("custom", payload).Refusal);
        Assert.Equal(EmitRefusal.NotSerializable, _log.Emitter().Emit("custom", payload).Refusal);
        Assert.Equal(EmitRefusal.NotSerializable, run.ExecuteTool("tool", payload).Started.Refusal);
        Assert.Equal(EmitRefusal.NotSerializable, run.Complete(payload).Refusal);
        Assert.True(run.Emit("custom", new { Fine = true }).IsInLog);
        Assert.True(run.Complete("fine").IsInLog);

        List<AgentEvent> events = cursor.ReadEvents();
        Assert.Equal(["agent_started", "custom", "agent_completed"], events.Select(e => e.Type));
        Assert.Equal("""{"fine":true}""", ((CustomEvent)events[1]).Payload.GetRawText());
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"a\":1}{}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{a:1}")]
    [InlineData(" ")]
    [InlineData("NaN")]
    [InlineData("// comment\n1")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{\"\\ud800\":1}")]
    public void Custom_MalformedJson_IsRefused(string json)
    {
        Assert.Equal(EmitRefusal.NotSerializable, _log.Emitter().Emit("custom", EventPayload.FromJson(Encoding.UTF8.GetBytes(json))).Refusal);
    }

    [Fact]
    public void Custom_JsonTooDeep_IsRefused()
    {
        string json = new string('[', 10_000) + new string(']', 10_000);

        Assert.Equal(EmitRefusal.NotSerializable, _log.Emitter().Emit("custom", EventPayload.FromJson(Encoding.UTF8.GetBytes(json))).Refusal);
    }

    [Fact]
    public void Custom_InvalidUtf8InAString_NeverReachesTheWire()
    {
        TestCursor cursor = _log.Attach();
        byte[] json = [.. "{\"a\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}"u8];

        _log.Emitter().Emit("custom", EventPayload.FromJson(json));
        _log.Emitter().Emit("after", 1);

        foreach (byte[] message in cursor.ReadAllBytes())
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(message);
        }
    }

    [Theory]
    [InlineData("agent_started")]
    [InlineData("tool_x")]
    [InlineData("input_x")]
    [InlineData("welcome")]
    [InlineData("Upper")]
    [InlineData("")]
    public void Custom_NameThatIsNotTheApplications_Throws(string type)
    {
        RunEmitter run = _log.StartRun();

        Assert.Throws<ArgumentException>(() => _log.Emitter().Emit(type, 1));
        Assert.Throws<ArgumentException>(() => run.Emit(type, 1));
    }

    [Theory]
    [InlineData("1e400")]
    [InlineData("12345678901234567890123456789012345678901234567890")]
    [InlineData("-0.10")]
    public void Custom_NumberOfJson_IsPassedOnAsItStands(string number)
    {
        TestCursor cursor = _log.Attach();
        _log.Emitter().Emit("custom", EventPayload.FromJson(Encoding.UTF8.GetBytes(number)));

        Assert.Equal(number, ((CustomEvent)cursor.ReadEvents()[0]).Payload.GetRawText());
    }

    [Fact]
    public void EmitResult_WithAndWithoutConnections_IsAcceptedOrBuffered()
    {
        EmitResult buffered = _log.Emitter("t-1").Emit("step", 1);
        _log.Attach();
        _log.Attach(filter: LogHarness.Threads("t-2"));
        EmitResult accepted = _log.Emitter("t-1").Emit("step", 1);

        Assert.Equal((EmitStatus.Buffered, 0, 1L), (buffered.Status, buffered.Connections, buffered.EventId.Sequence));
        Assert.Equal((EmitStatus.Accepted, 1, 2L), (accepted.Status, accepted.Connections, accepted.EventId.Sequence));
        Assert.True(accepted.PendingBytes > buffered.PendingBytes);
        Assert.True(buffered.IsInLog);
    }

    [Theory]
    [InlineData(-5.0, 0.0)]
    [InlineData(150.0, 100.0)]
    [InlineData(double.PositiveInfinity, 100.0)]
    [InlineData(double.NaN, null)]
    public void Progress_PercentOutOfRange_IsClampedOrLeftOut(double percent, double? expected)
    {
        TestCursor cursor = _log.Attach();
        _log.StartRun().ExecuteTool("tool", 1).Progress(percent);

        Assert.Equal(expected, Assert.Single(cursor.ReadEvents().OfType<ToolProgress>()).Percent);
    }

    private static object Nested(int depth)
    {
        List<object> list = [];
        for (int i = 0; i < depth; i++)
        {
            list = [list];
        }
        return list;
    }

    private sealed class Throwing
    {
        public string Value => throw new InvalidOperationException("password=hunter2");
    }

    private sealed class Enormous
    {
        public string Value => new('x', int.MaxValue); // no string is as long: out of memory at once
    }

    private sealed class Cyclic
    {
        public Cyclic Self => this;
    }

    [JsonConverter(typeof(OddConverter))]
    private sealed class Odd;

    private sealed class OddConverter : JsonConverter<Odd>
    {
        public override Odd Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, Odd value, JsonSerializerOptions options) => throw new NotSupportedException();
    }
}
