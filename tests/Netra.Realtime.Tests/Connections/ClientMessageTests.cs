using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

public sealed class ClientMessageTests
{
    public sealed record Ask(string? Question, int N);

    [Fact]
    public async Task Ping_WithRef_IsAnswered()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ping","ref":"p1"}""");

        Assert.Equal("p1", (await client.NextAsync<PongMessage>()).Ref);
    }

    [Fact]
    public async Task Ack_AheadOfSent_IsABadRequestAndWhatWasSentIsAccepted()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);
        EventId id = realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("step", 1).EventId;
        await client.NextAsync<CustomEvent>();

        client.Send($$"""{"type":"ack","id":"{{id.At(2)}}","ref":"a1"}""");
        ErrorMessage refused = await client.NextAsync<ErrorMessage>();
        Assert.Equal((ErrorCodes.BadRequest, "a1"), (refused.Code, refused.Ref));
        client.Send("""{"type":"ack","id":"zzz-1"}""");
        Assert.Equal(ErrorCodes.BadRequest, (await client.NextAsync<ErrorMessage>()).Code);

        client.Send($$"""{"type":"ack","id":"{{id}}"}""");
        client.Send($$"""{"type":"ack","id":"{{id}}"}""");
        client.Send($$"""{"type":"ack","id":"{{id.At(0)}}"}""");
        client.Send("""{"type":"ping"}""");
        await client.NextAsync<PongMessage>();
    }

    [Fact]
    public async Task Ack_WithRef_IsAnswered()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);
        EventId id = realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("step", 1).EventId;
        await client.NextAsync<CustomEvent>();
        client.Send($$"""{"type":"ack","id":"{{id}}","ref":"a1"}""");

        ReplyMessage reply = await client.NextAsync<ReplyMessage>();
        Assert.Equal(("a1", null), (reply.Ref, reply.Data));
    }

    [Theory]
    [InlineData("""{"type":"ping","ref":"r1"}""")]
    [InlineData("""{"type":"Malformed","ref":"r1"}""")]
    public async Task Rate_Exceeded_TheErrorCarriesTheRef(string message)
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);
        for (int i = 0; i < 20; i++)
        {
            client.Send("""{"type":"ping"}""");
        }
        client.Send(message);

        ErrorMessage error = await client.UntilAsync<ErrorMessage>();
        Assert.Equal((ErrorCodes.RateLimited, "r1"), (error.Code, error.Ref));
    }

    [Fact]
    public async Task Subscribe_OtherThread_ChangesWhatFollows()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"subscribe","threads":["t-2"],"ref":"s1"}""");
        Assert.Equal("s1", (await client.NextAsync<ReplyMessage>()).Ref);

        Emit("t-1");
        Emit("t-2");
        Assert.Equal("t-2", (await client.NextAsync<CustomEvent>()).ThreadId!.Value.Value);

        client.Send("""{"type":"subscribe","threads":null,"ref":"s2"}""");
        await client.NextAsync<ReplyMessage>();
        Emit("t-1");
        Assert.Equal("t-1", (await client.NextAsync<CustomEvent>()).ThreadId!.Value.Value);

        void Emit(string thread) => realtime.Emitters.CreateFor(RealtimeHarness.Alice, new ThreadId(thread)).Emit("step", 1);
    }

    [Theory]
    [InlineData("""{"type":"nobody_handles","ref":"q1"}""", ErrorCodes.UnknownType)]
    [InlineData("""{"type":"Upper","ref":"q1"}""", ErrorCodes.UnknownType)]
    [InlineData("""{"type":"agent_started","ref":"q1"}""", ErrorCodes.Forbidden)]
    [InlineData("""{"type":"ask","ref":"q1","n":"text"}""", ErrorCodes.BadRequest)]
    [InlineData("""{"type":"cancel","ref":"q1"}""", ErrorCodes.BadRequest)]
    [InlineData("""{"type":"cancel","ref":"q1","run_id":"r-of-nobody"}""", ErrorCodes.NotFound)]
    [InlineData("""{"type":"ack","ref":"q1"}""", ErrorCodes.BadRequest)]
    public async Task Message_Refused_IsAnErrorAndTheConnectionLives(string message, string code)
    {
        await using RealtimeHarness realtime = new(build: builder => builder.MapMessage<Ask>("ask", (_, _) => Task.CompletedTask));
        FakeClient client = await StartedAsync(realtime);
        client.Send(message);

        ErrorMessage error = await client.NextAsync<ErrorMessage>();
        Assert.Equal((code, "q1"), (error.Code, error.Ref));
        await client.RoundTripAsync();
    }

    [Fact]
    public async Task Handler_ThrowsAnything_AnswersInternalWithoutItsText()
    {
        await using RealtimeHarness realtime = new(build: builder => builder.MapMessage<Ask>("ask", (_, _) => throw new InvalidOperationException("password=hunter2")));
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ask","ref":"q1"}""");

        ErrorMessage error = await client.NextAsync<ErrorMessage>();
        Assert.Equal((ErrorCodes.Internal, "q1"), (error.Code, error.Ref));
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
        await client.RoundTripAsync();
    }

    [Fact]
    public async Task Handler_RepliesOrRefuses_IsAnsweredWithRef()
    {
        await using RealtimeHarness realtime = new(build: builder => builder.MapMessage<Ask>("ask", (ask, context) =>
        {
            Assert.Equal((RealtimeHarness.Alice, new ThreadId("t-1")), (context.User, context.ThreadId!.Value));
            if (ask.N == 1)
            {
                context.Reply(System.Text.Json.JsonElement.Parse("[1]"));
            }
            else
            {
                context.Refuse("too_late", "It is too late.");
            }
            return Task.CompletedTask;
        }));
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ask","ref":"q1","thread_id":"t-1","n":1}""");
        client.Send("""{"type":"ask","ref":"q2","thread_id":"t-1","n":2}""");

        ReplyMessage reply = await client.NextAsync<ReplyMessage>();
        ErrorMessage error = await client.NextAsync<ErrorMessage>();
        Assert.Equal(("q1", "[1]"), (reply.Ref, reply.Data!.Value.GetRawText()));
        Assert.Equal(("q2", "too_late"), (error.Ref, error.Code));
    }

    [Fact]
    public async Task Handler_ThatTakesLong_DelaysNeitherPingsNorCloseAndTheQueueIsBoundedInOrder()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<int> handled = [];
        await using RealtimeHarness realtime = new(
            options => (options.Limits.MaxWaitingMessages, options.Limits.MessageBurst) = (3, 100),
            builder => builder.MapMessage<Ask>("ask", async (ask, _) =>
            {
                begun.TrySetResult();
                await gate.Task;
                lock (handled)
                {
                    handled.Add(ask.N);
                }
            }));
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ask","ref":"q0","n":0}""");
        await begun.Task.OrFail();
        for (int i = 1; i <= 4; i++)
        {
            client.Send($$"""{"type":"ask","ref":"q{{i}}","n":{{i}}}""");
        }
        client.Send("""{"type":"ping","ref":"p"}""");

        ErrorMessage full = await client.NextAsync<ErrorMessage>();
        Assert.Equal((ErrorCodes.LimitExceeded, "q4"), (full.Code, full.Ref));
        Assert.Equal("p", (await client.NextAsync<PongMessage>()).Ref);

        gate.SetResult();
        for (int i = 0; i <= 3; i++)
        {
            Assert.Equal($"q{i}", (await client.NextAsync<ReplyMessage>()).Ref);
        }
        Assert.Equal([0, 1, 2, 3], handled);
    }

    [Fact]
    public async Task Handler_ThatNeverReturns_DoesNotHoldTheConnection()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationToken closed = default;
        await using RealtimeHarness realtime = new(build: builder => builder.MapMessage<Ask>("ask", (_, context) =>
        {
            closed = context.ConnectionClosed;
            begun.SetResult();
            return new TaskCompletionSource().Task;
        }));
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ask"}""");
        await begun.Task.OrFail();
        client.Transport.ClientClose();

        Assert.Equal(CloseReason.Normal, await client.EndedAsync());
        Assert.True(closed.IsCancellationRequested);
    }

    [Fact]
    public async Task Rate_BurstOf20_OneWarning_Then4429()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);
        for (int i = 0; i < 22; i++)
        {
            client.Send("""{"type":"ping"}""");
        }

        List<ServerMessage> messages = await client.ToEndAsync();

        Assert.Equal(CloseReason.RateLimit, await client.EndedAsync());
        Assert.Equal(20, messages.Count(message => message is PongMessage));
        Assert.Equal(ErrorCodes.RateLimited, Assert.IsType<ErrorMessage>(messages[^1]).Code);
        Assert.Equal(21, messages.Count);
    }

    [Fact]
    public async Task Rate_WarnedAndThenQuietUntilFull_IsWarnedAnew()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 21; i++)
            {
                client.Send("""{"type":"ping"}""");
            }
            await client.UntilAsync<ErrorMessage>();
            realtime.Time.Advance(TimeSpan.FromSeconds(2.1));
            await client.RoundTripAsync();
            realtime.Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task Rate_10ASecondForAMinute_IsNeverRefused()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);
        for (int i = 0; i < 600; i++)
        {
            client.Send("""{"type":"ping"}""");
            await client.NextAsync<PongMessage>();
            realtime.Time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }

    [Fact]
    public async Task Refused_20InAMinute_AreErrors_The21stClosesWith1008()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);
        for (int i = 0; i < 20; i++)
        {
            client.Send("nonsense");
            await client.NextAsync<ErrorMessage>();
            realtime.Time.Advance(TimeSpan.FromSeconds(1));
        }
        await client.RoundTripAsync();

        client.Send("nonsense");

        Assert.Equal(CloseReason.PolicyViolation, await client.EndedAsync());
        Assert.Equal((1008, "policy"), await client.Transport.Closed.OrFail());
    }

    [Fact]
    public async Task Refused_20AMinuteForMinutes_AreOnlyErrors()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);
        for (int i = 0; i < 60; i++)
        {
            client.Send("");
            await client.NextAsync<ErrorMessage>();
            realtime.Time.Advance(TimeSpan.FromSeconds(3.1));
        }
    }

    [Theory]
    [InlineData(1024, false)]
    [InlineData(1025, true)]
    public async Task Message_AroundTheLargestSize_ClosesAboveItWith1009(int bytes, bool closes)
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxMessageBytes = 1024);
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ping"}""".PadRight(bytes));

        if (closes)
        {
            Assert.Equal(CloseReason.MessageTooBig, await client.EndedAsync());
        }
        else
        {
            await client.NextAsync<PongMessage>();
        }
    }

    [Fact]
    public async Task Message_Binary_ClosesWith1003()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);
        client.Transport.ClientSendBinary([1]);

        Assert.Equal(CloseReason.BinaryNotAccepted, await client.EndedAsync());
    }

    [Fact]
    public async Task Cancel_OwnForeignEndedAndMissing_AnswersAsTheProtocolSays()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime);
        RunEmitter mine = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("agent", new RunStart { RunId = new RunId("mine") });
        realtime.Emitters.CreateFor(RealtimeHarness.Bob).StartRun("agent", new RunStart { RunId = new RunId("bobs") });

        Cancel("mine");
        Assert.Null((await client.UntilAsync<ReplyMessage>()).Data);
        mine.Complete();
        Cancel("mine");
        Assert.Equal("""{"ended":true}""", (await client.UntilAsync<ReplyMessage>()).Data!.Value.GetRawText());
        Cancel("bobs");
        ErrorMessage foreign = await client.UntilAsync<ErrorMessage>();
        Cancel("none");
        ErrorMessage missing = await client.UntilAsync<ErrorMessage>();
        Assert.Equal(ErrorCodes.NotFound, missing.Code);
        Assert.Equal(missing, foreign);

        void Cancel(string run) => client.Send($$"""{"type":"cancel","ref":"c","run_id":"{{run}}"}""");
    }

    private static async Task<FakeClient> StartedAsync(RealtimeHarness realtime)
    {
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        return client;
    }
}
