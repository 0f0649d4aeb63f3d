using System.Text;
using System.Text.Json;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Protocol;

public sealed class GoldenEventTests
{
    private static readonly DateTimeOffset Ts = new(2026, 11, 23, 10, 15, 30, 123, TimeSpan.Zero);
    private static readonly ThreadId Thread = new("t-1");
    private static readonly RunId Run = new("r-9");
    private static readonly CallId Call = new("c-1");

    private readonly LogHarness _log = new();

    [Fact]
    public void AgentStarted_InAThread_IsTheGoldenFile()
    {
        TestCursor cursor = _log.Attach();
        _log.Emitter("t-1").StartRun("researcher", new RunStart { RunId = Run, Message = "Looking \"up\" é \U0001F600\n", ParentRunId = new RunId("r-1") });

        Check("agent_started", cursor, OfRun(new AgentStarted { Message = "Looking \"up\" é \U0001F600\n", ParentRunId = new RunId("r-1") }, 1));

    }

    [Fact]
    public void AgentStarted_WithoutThreadAndMessage_IsTheGoldenFile()
    {
        TestCursor cursor = _log.Attach();
        _log.StartRun("r-9", thread: null);

        Check("agent_started_bare", cursor, OfRun(new AgentStarted(), 1) with { ThreadId = null });
    }

    [Fact]
    public void AgentThinking_OneDelta_IsTheGoldenFile()
    {
        (TestCursor cursor, RunEmitter run) = Started();
        run.Think("Let me see: \"a\\b\"\t<&>\u0001");

        Check("agent_thinking", cursor, OfRun(new AgentThinking { Delta = "Let me see: \"a\\b\"\t<&>\u0001", Part = 1 }, 2));
    }

    [Fact]
    public void AgentResponding_OneDelta_IsTheGoldenFile()
    {
        (TestCursor cursor, RunEmitter run) = Started();
        run.Respond("Grüße \U0001F600");

        Check("agent_responding", cursor, OfRun(new AgentResponding { Delta = "Grüße \U0001F600", Part = 1 }, 2));
    }

    [Fact]
    public void AgentResponding_ThreeDeltasOfAReaderBehind_AreOneGoldenFileWithFirst()
    {
        (TestCursor cursor, RunEmitter run) = Started();
        run.Respond("one ");
        run.Respond("two ");
        _log.Time.Advance(TimeSpan.FromMilliseconds(250));
        run.Respond("three");

        AgentEvent expected = OfRun(new AgentResponding { Delta = "one two three", Part = 1 }, 4) with
        {
            First = Id(2),
            Timestamp = Ts.AddMilliseconds(250),
        };
        Check("agent_responding_coalesced", cursor, expected);
    }

    [Fact]
    public void ToolExecuting_WithInput_IsTheGoldenFile()
    {
        (TestCursor cursor, RunEmitter run) = Started();
        run.ExecuteTool("search", new { Query = "pipelines", ApiKey = "k", Top = 5 }, Call);

        Check("tool_executing", cursor, OfRun(
            new ToolExecuting { CallId = Call, Tool = "search", Input = Json("""{"query":"pipelines","api_key":"[redacted]","top":5}""") }, 2));
    }

    [Fact]
    public void ToolExecuting_InputStringOver2000_IsTheGoldenFileWithTruncated()
    {
        (TestCursor cursor, RunEmitter run) = Started();
        run.ExecuteTool("search", new { Query = new string('q', 2_001) }, Call);

        ToolExecuting expected = new() { CallId = Call, Tool = "search", Input = Json($$"""{"query":"{{new string('q', 2_000)}}"}""") };
        Check("tool_executing_truncated", cursor, OfRun(expected, 2) with
        {
            Truncated = new Dictionary<string, long>(StringComparer.Ordinal) { ["payload.input.query"] = 2_001 },
        });
    }

    [Fact]
    public void ToolProgress_PercentAndMessage_IsTheGoldenFile()
    {
        (TestCursor cursor, RunEmitter run) = Started();
        ToolCall call = run.ExecuteTool<string?>("search", null, Call);
        cursor.ReadAll();
        call.Progress(12.5, "page 1");

        Check("tool_progress", cursor, OfRun(new ToolProgress { CallId = Call, Percent = 12.5, Message = "page 1" }, 3));
    }

    [Fact]
    public void ToolCompleted_Succeeded_IsTheGoldenFile()
    {
        (TestCursor cursor, RunEmitter run) = Started();
        ToolCall call = run.ExecuteTool<string?>("search", null, Call);
        cursor.ReadAll();
        _log.Time.Advance(TimeSpan.FromMilliseconds(1_500));
        call.Complete(new { Hits = new[] { "a", "b" } });

        Check("tool_completed", cursor, OfRun(
            new ToolCompleted { CallId = Call, Tool = "search", Status = ToolStatus.Succeeded, Output = Json("""{"hits":["a","b"]}"""), DurationMs = 1_500 }, 3) with
        {
            Timestamp = Ts.AddMilliseconds(1_500),
        });
    }

    [Fact]
    public void ToolCompleted_Failed_IsTheGoldenFile()
    {
        (TestCursor cursor, RunEmitter run) = Started();
        ToolCall call = run.ExecuteTool<string?>("search", null, Call);
        cursor.ReadAll();
        call.Fail("not_reachable", "The index is not reachable.");

        Check("tool_completed_failed", cursor, OfRun(
            new ToolCompleted
            {
                CallId = Call,
                Tool = "search",
                Status = ToolStatus.Failed,
                Error = new EventError("not_reachable", "The index is not reachable."),
                DurationMs = 0,
            },
            3));
    }

    [Fact]
    public void ToolCompleted_OutputJsonTooLarge_IsTheGoldenFileWithoutOutput()
    {
        (TestCursor cursor, RunEmitter run) = Started();
        ToolCall call = run.ExecuteTool<string?>("search", null, Call);
        cursor.ReadAll();
        call.Complete(Enumerable.Repeat("0123456789", 7_000).ToArray());

        ToolCompleted expected = new() { CallId = Call, Tool = "search", Status = ToolStatus.Succeeded, DurationMs = 0 };
        Check("tool_completed_truncated", cursor, OfRun(expected, 3) with
        {
            Truncated = new Dictionary<string, long>(StringComparer.Ordinal) { ["payload.output"] = 91_001 },
        });
    }

    [Fact]
    public void AgentCompleted_ResultAndUsage_IsTheGoldenFile()
    {
        (TestCursor cursor, RunEmitter run) = Started();
        _log.Time.Advance(TimeSpan.FromSeconds(2));
        run.Complete("The answer.", EventPayload.From(new { InputTokens = 10, OutputTokens = 20 }));

        AgentCompleted expected = new() { Result = Json("\"The answer.\""), DurationMs = 2_000, Usage = Json("""{"input_tokens":10,"output_tokens":20}""") };
        Check("agent_completed", cursor, OfRun(expected, 2) with { Timestamp = Ts.AddSeconds(2) });
    }

    [Theory]
    [InlineData(FailureReason.Error)]
    [InlineData(FailureReason.Cancelled)]
    [InlineData(FailureReason.TimedOut)]
    [InlineData(FailureReason.Interrupted)]
    public void AgentFailed_EachReason_IsTheGoldenFile(FailureReason reason)
    {
        (TestCursor cursor, RunEmitter run) = Started();
        bool hasError = reason == FailureReason.Error;
        run.Fail(reason, hasError ? "no_index" : null, hasError ? "There is no index." : null);

        AgentFailed expected = new() { Reason = reason, Error = hasError ? new EventError("no_index", "There is no index.") : null, DurationMs = 0 };
        Check("agent_failed_" + reason.ToString().ToLowerInvariant(), cursor, OfRun(expected, 2));
    }

    [Fact]
    public void CustomEvent_OfTheUser_IsTheGoldenFile()
    {
        TestCursor cursor = _log.Attach();
        _log.Emitter().Emit("invoice.ready", new { Number = 7, Paid = false, Note = (string?)null });

        CustomEvent expected = new("invoice.ready") { Payload = Json("""{"number":7,"paid":false,"note":null}"""), Id = Id(1), Timestamp = Ts };
        Check("custom", cursor, expected);
    }

    [Fact]
    public void CustomEvent_OfARun_IsTheGoldenFile()
    {
        (TestCursor cursor, RunEmitter run) = Started();
        run.Emit("source_found", EventPayload.FromJson("""{ "url" : "https://example.com" }"""u8.ToArray()));

        Check("custom_of_run", cursor, OfRun(new CustomEvent("source_found") { Payload = Json("""{"url":"https://example.com"}""") }, 2));
    }

    [Fact]
    public void CustomEvent_OfARoom_IsTheGoldenFile()
    {
        RoomDirectory rooms = new();
        RoomId lobby = new("lobby");
        TestCursor cursor = _log.Attach();
        new RealtimeRooms(rooms, _log.Sessions).Join(_log.Session.User, lobby);
        new EventEmitterFactory(_log.Writer, rooms).CreateFor(lobby).Emit("note", EventPayload.FromJson("""{"text":"hello"}"""u8.ToArray()));

        CustomEvent expected = new("note") { Payload = Json("""{"text":"hello"}"""), Id = Id(1), Timestamp = Ts, Room = lobby };
        Check("custom_of_room", cursor, expected);
    }

    private (TestCursor Cursor, RunEmitter Run) Started()
    {
        TestCursor cursor = _log.Attach();
        RunEmitter run = _log.StartRun("r-9");
        cursor.ReadAll();
        return (cursor, run);
    }

    // The newest message, byte by byte, and the same record when it is read back.
    private void Check(string name, TestCursor cursor, AgentEvent expected)
    {
        byte[] message = cursor.ReadAllBytes().Single(bytes => Encoding.UTF8.GetString(bytes).Contains("\"ts\"", StringComparison.Ordinal));

        byte[] golden = GoldenFile.Check(name, _log.Normalize(message));

        Assert.Null(Same.Difference(expected, ServerMessageReader.Read(golden)));
    }

    private static T OfRun<T>(T payload, long sequence)
        where T : AgentEvent =>
        payload with { Id = Id(sequence), Timestamp = Ts, ThreadId = Thread, RunId = Run, Agent = "researcher" };

    private static EventId Id(long sequence) => EventId.Parse($"k3v9x2-{sequence}", null);

    private static JsonElement Json(string json) => JsonElement.Parse(json);
}
