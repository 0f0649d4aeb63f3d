using CsCheck;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Emitters;

public sealed class RunEmitterTests
{
    private readonly LogHarness _log = new(maxBytes: 4 * 1024 * 1024);

    [Fact]
    public void Complete_ForgottenTools_FailsThemFirst()
    {
        TestCursor cursor = _log.Attach();
        RunEmitter run = _log.StartRun();
        run.ExecuteTool<string?>("a", null, new CallId("c-1"));
        run.ExecuteTool<string?>("b", null, new CallId("c-2")).Complete();
        run.ExecuteTool<string?>("c", null, new CallId("c-3"));

        run.Complete();

        List<AgentEvent> events = cursor.ReadEvents();
        Assert.Equal(
            ["agent_started", "tool_executing", "tool_executing", "tool_completed", "tool_executing", "tool_completed", "tool_completed", "agent_completed"],
            events.Select(e => e.Type));
        Assert.Equal(
            [("c-2", ToolStatus.Succeeded, null), ("c-1", ToolStatus.Failed, "not_completed"), ("c-3", ToolStatus.Failed, "not_completed")],
            events.OfType<ToolCompleted>().Select(e => (e.CallId.Value, e.Status, e.Error?.Code)));
    }

    [Fact]
    public void Run_AfterItsEnd_RefusesEverything()
    {
        RunEmitter run = _log.StartRun();
        ToolCall call = run.ExecuteTool("tool", 1);
        Assert.True(run.Complete().IsInLog);
        EventId head = _log.Session.Log.Head;

        EmitResult[] refused =
        [
            run.Think("x"), run.Respond("x"), run.Respond(""), run.Respond(new string('x', 200)), run.NewPart(), run.Emit("custom", 1), run.ExecuteTool("b", 1).Started,
            call.Progress(1), call.Complete(), call.Fail("a", "b"), run.Complete(), run.Fail(),
        ];
        run.Dispose();

        Assert.All(refused, result => Assert.Equal((EmitStatus.Refused, EmitRefusal.RunEnded), (result.Status, result.Refusal)));
        Assert.Equal(head, _log.Session.Log.Head);
    }

    [Fact]
    public async Task Dispose_OpenRun_IsInterrupted()
    {
        TestCursor cursor = _log.Attach();
        await using (_log.StartRun())
        {
        }
        Assert.Equal(FailureReason.Interrupted, Assert.IsType<AgentFailed>(cursor.ReadEvents()[^1]).Reason);
    }

    [Fact]
    public void StartRun_IdInUseOrEnded_IsRefused()
    {
        RunEmitter run = _log.StartRun("r-1");
        RunEmitter again = _log.StartRun("r-1");
        Assert.Equal(EmitRefusal.RunAlreadyExists, again.Started.Refusal);
        Assert.Equal(EmitRefusal.RunEnded, again.Respond("x").Refusal);
        again.Dispose();
        Assert.True(run.Respond("goes on").IsInLog);

        run.Complete();
        Assert.Equal(EmitRefusal.RunAlreadyExists, _log.StartRun("r-1").Started.Refusal);
    }

    [Fact]
    public void StartRun_SameIdOfAnotherUser_IsAnotherRun()
    {
        _log.StartRun("r-1");

        Assert.True(_log.Emitters.CreateFor(UserId.Create("bob")).StartRun("agent", new RunStart { RunId = new RunId("r-1") }).Started.IsInLog);
    }

    [Fact]
    public void ExecuteTool_CallTwiceOrCompletedTwice_IsRefused()
    {
        RunEmitter run = _log.StartRun();
        CallId id = new("c-1");
        ToolCall call = run.ExecuteTool<string?>("a", null, id);
        Assert.Equal(EmitRefusal.CallAlreadyOpen, run.ExecuteTool<string?>("a", null, id).Started.Refusal);

        Assert.True(call.Complete().IsInLog);
        Assert.Equal(EmitRefusal.UnknownCall, call.Complete().Refusal);
        Assert.Equal(EmitRefusal.UnknownCall, call.Fail("x", "y").Refusal);
        Assert.Equal(EmitRefusal.UnknownCall, call.Progress(1).Refusal);
    }

    [Fact]
    public async Task End_ManyAtOnce_OneTerminalEventAndEachToolCompletedOnce()
    {
        for (int round = 0; round < LongTests.Times(100, 5_000); round++)
        {
            LogHarness log = new();
            TestCursor cursor = log.Attach();
            RunEmitter run = log.StartRun();
            for (int i = 0; i < 5; i++)
            {
                run.ExecuteTool<string?>("tool", null, new CallId($"c-{i}"));
            }
            TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<EmitResult>[] enders = [.. Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
            {
                await gate.Task;
                run.Respond("late");
                return i % 2 == 0 ? run.Complete() : run.Fail();
            }))];
            gate.SetResult();
            EmitResult[] results = await Task.WhenAll(enders).OrFail();

            List<AgentEvent> events = cursor.ReadEvents();
            Assert.Single(results, result => result.IsInLog);
            Assert.Single(events, e => e is AgentCompleted or AgentFailed);
            Assert.True(events[^1] is AgentCompleted or AgentFailed);
            Assert.Equal(5, events.OfType<ToolCompleted>().Select(e => e.CallId).Distinct().Count());
            Assert.Equal(5, events.OfType<ToolCompleted>().Count());
        }
    }

    [Fact]
    public void Parts_ThinkingAndResponding_AreNumberedTogether()
    {
        TestCursor cursor = _log.Attach();
        RunEmitter run = _log.StartRun();
        run.Think("1");
        run.Think("1");
        run.Respond("2");
        run.Think("3");
        ToolCall call = run.ExecuteTool("tool", 1);
        run.Think("4");
        call.Progress(50);
        run.Think("4");
        call.Complete();
        run.Think("5");
        run.Emit("custom", 1);
        run.Respond("6");
        run.NewPart();
        run.Respond("7");
        run.NewPart();
        run.NewPart();
        run.Respond("8");
        _log.Emitter("t-1").Emit("not_of_the_run", 1);
        _log.StartRun("r-2");
        run.Respond("8");

        Assert.All(cursor.ReadEvents().Where(e => e is AgentThinking or AgentResponding), e =>
        {
            (string delta, int part) = e is AgentThinking thinking ? (thinking.Delta, thinking.Part) : (((AgentResponding)e).Delta, ((AgentResponding)e).Part);
            Assert.Equal(part.ToString(System.Globalization.CultureInfo.InvariantCulture), delta[..1]);
        });
    }

    [Fact]
    public void Text_AnyString_RoundTripsExactly()
    {
        Gen.String[Gen.Char, 0, 400].Sample(
            text =>
            {
                LogHarness log = new();
                TestCursor cursor = log.Attach();
                RunEmitter run = log.StartRun();
                run.Respond(text);
                run.NewPart();

                // What is not text (half of a pair) becomes U+FFFD, as UTF-8 does it everywhere.
                string expected = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
                return TextOf(cursor) == expected;
            },
            iter: LongTests.Times(500, 20_000));
    }

    [Fact]
    public void Text_CutAnywhere_IsTheSameText()
    {
        const string Text = "a\U0001F600\"é\\\U0001F468\u200d\U0001F469\n\u2028\u0001\U00020000z";
        Gen.Int[0, Text.Length].Array[0, 12].Sample(cuts =>
        {
            LogHarness log = new();
            TestCursor cursor = log.Attach();
            RunEmitter run = log.StartRun();
            int[] at = [0, .. cuts.Order(), Text.Length];
            string read = "";
            for (int i = 1; i < at.Length; i++)
            {
                run.Respond(Text.AsSpan(at[i - 1], at[i] - at[i - 1]));
                read += i % 3 == 0 ? TextOf(cursor) : "";
            }
            return read + TextOf(cursor) == Text;
        });
    }

    [Fact]
    public void Text_HalfACharacter_IsAcceptedWithoutAnIdAndWaits()
    {
        TestCursor cursor = _log.Attach();
        RunEmitter run = _log.StartRun();
        EventId head = _log.Session.Log.Head;

        EmitResult half = run.Respond("\ud83d");
        Assert.Equal((EmitStatus.Accepted, true, head), (half.Status, half.EventId.IsEmpty, _log.Session.Log.Head));

        EmitResult whole = run.Respond("\ude00!");
        Assert.False(whole.EventId.IsEmpty);
        Assert.Equal("\U0001F600!", TextOf(cursor));
    }

    [Fact]
    public void Text_HalfACharacterAndThenTheOtherKind_IsReplaced()
    {
        TestCursor cursor = _log.Attach();
        RunEmitter run = _log.StartRun();
        run.Think("a\ud83d");
        run.Respond("\ude00b");
        run.Respond("c\ud83d");
        run.Complete();

        Assert.Equal("a\ufffd\ufffdbc\ufffd", TextOf(cursor));
    }

    [Fact]
    public void Text_HalfACharacterAndProgress_StillFindsItsOther()
    {
        TestCursor cursor = _log.Attach();
        RunEmitter run = _log.StartRun();
        ToolCall call = run.ExecuteTool("tool", 1);
        run.Respond("\ud83d");
        call.Progress(1);
        run.Respond("\ude00");

        Assert.Equal("\U0001F600", TextOf(cursor));
    }

    [Theory]
    [InlineData("x", 16 * 1024, 1)]
    [InlineData("x", (16 * 1024) + 1, 2)]
    [InlineData("x", 100_000, 7)]
    [InlineData("é", 16 * 1024, 2)]
    [InlineData("\u0001", 16 * 1024, 6)]
    [InlineData("\U0001F600", 20_000, 5)]
    [InlineData("a\U0001F600", 20_000, 6)]
    public void Text_Above16KiB_BecomesSeveralEventsOfTheSameText(string unit, int times, int atLeast)
    {
        TestCursor cursor = _log.Attach();
        string text = string.Concat(Enumerable.Repeat(unit, times));
        EmitResult result = _log.StartRun().Respond(text);

        List<AgentResponding> events = [.. cursor.ReadEvents().OfType<AgentResponding>()];

        Assert.True(events.Count >= atLeast, $"{events.Count} events");
        Assert.Equal(text, string.Concat(events.Select(e => e.Delta)));
        Assert.Equal(result.EventId, events[^1].Id);
        Assert.All(events, e => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(e.Delta), 1, 16 * 1024));
        Assert.Single(events.Select(e => e.Part).Distinct());
    }

    [Fact]
    public async Task ToolAsync_ReturnsThrowsOrIsCancelled_IsPairedAndTimed()
    {
        TestCursor cursor = _log.Attach();
        RunEmitter run = _log.StartRun();

        Assert.Equal(7, await run.ToolAsync("a", 1, _ =>
        {
            _log.Time.Advance(TimeSpan.FromMilliseconds(40));
            return Task.FromResult(7);
        }, run.Cancelled).OrFail());
        await Assert.ThrowsAsync<InvalidOperationException>(() => run.ToolAsync<int, int>("b", 1, _ => throw new InvalidOperationException("secret"), run.Cancelled).OrFail());
        await Assert.ThrowsAsync<AgentException>(() => run.ToolAsync<int, int>("c", 1, _ => throw new AgentException("no_index", "There is none."), run.Cancelled).OrFail());
        await Assert.ThrowsAsync<OperationCanceledException>(() => run.ToolAsync<int, int>("d", 1, _ => throw new OperationCanceledException(), run.Cancelled).OrFail());
        Assert.NotNull(await run.ToolAsync("e", 1, _ => Task.FromResult(new Cyclic()), run.Cancelled).OrFail());

        Assert.Equal(
            [
                ("a", ToolStatus.Succeeded, null, 40L), ("b", ToolStatus.Failed, "error", 0L), ("c", ToolStatus.Failed, "no_index", 0L),
                ("d", ToolStatus.Failed, "cancelled", 0L), ("e", ToolStatus.Succeeded, null, 0L),
            ],
            cursor.ReadEvents().OfType<ToolCompleted>().Select(e => (e.Tool, e.Status, e.Error?.Code, e.DurationMs)));
    }

    private static string TextOf(TestCursor cursor) => string.Concat(cursor.ReadEvents().Select(e => e switch
    {
        AgentThinking thinking => thinking.Delta,
        AgentResponding responding => responding.Delta,
        _ => "",
    }));

    private sealed class Cyclic
    {
        public Cyclic Self => this;
    }
}
