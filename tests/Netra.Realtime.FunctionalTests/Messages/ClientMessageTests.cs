using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Messages;

public sealed class ClientMessageTests
{
    [Theory]
    [InlineData("", "bad_request")]
    [InlineData("{", "bad_request")]
    [InlineData("[]", "bad_request")]
    [InlineData("\"ping\"", "bad_request")]
    [InlineData("{}", "bad_request")]
    [InlineData("""{"type":7}""", "bad_request")]
    [InlineData("""{"type":"ping","type":"ack"}""", "bad_request")]
    [InlineData("""{"type":"ping","ref":7}""", "bad_request")]
    [InlineData("""{"type":"ping"} {}""", "bad_request")]
    [InlineData("""{"type":"ping","n":NaN}""", "bad_request")]
    [InlineData("""{"type":"\ud800"}""", "bad_request")]
    [InlineData("""{"type":"ack"}""", "bad_request")]
    [InlineData("""{"type":"ack","id":5}""", "bad_request")]
    [InlineData("""{"type":"ack","id":"other-1"}""", "bad_request")]
    [InlineData("""{"type":"cancel"}""", "bad_request")]
    [InlineData("""{"type":"cancel","run_id":["r-1"]}""", "bad_request")]
    [InlineData("""{"type":"subscribe","threads":"t-1"}""", "bad_request")]
    [InlineData("""{"type":"cancel","run_id":"nobody's"}""", "not_found")]
    [InlineData("""{"type":"nobody_handles_this"}""", "unknown_type")]
    [InlineData("""{"type":"agent_completed"}""", "forbidden")]
    [InlineData("""{"type":"agent_"}""", "forbidden")]
    [InlineData("""{"type":"tool_progress","payload":{}}""", "forbidden")]
    [InlineData("""{"type":"input_requested"}""", "forbidden")]
    public async Task Message_ThatIsRefused_GetsItsErrorAndHarmsNobody(string message, string code)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        await using TestClient neighbour = await TestClient.ConnectAsync(server, "alice");

        await client.SendAsync(message);

        Assert.Equal(code, (await client.NextControlAsync<ErrorMessage>()).Code);
        Assert.Empty(await client.PingAsync());
        Assert.Empty(await neighbour.PingAsync());
        server.EmitterFor("alice").Emit("note", new { });
        Assert.Equal(1, (await client.NextEventAsync()).Id.Sequence); // nothing of it is in the log
        Assert.Equal(1, (await neighbour.NextEventAsync()).Id.Sequence);
    }

    [Fact]
    public async Task Message_NestedTenThousandDeep_IsRefusedAndHarmsNobody()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        await client.SendAsync("""{"type":"ping","a":""" + new string('[', 10_000) + new string(']', 10_000) + "}");

        Assert.Equal("bad_request", (await client.NextControlAsync<ErrorMessage>()).Code);
        Assert.Empty(await client.PingAsync());
    }

    [Fact]
    public async Task Error_MessageHadARef_BringsItBack()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        await client.SendAsync("""{"type":"agent_started","ref":"q-1"}""");
        Assert.Equal(("forbidden", "q-1"), await ErrorAsync(client));
        await client.SendAsync("""{"type":"unheard_of","ref":"q-2"}""");
        Assert.Equal(("unknown_type", "q-2"), await ErrorAsync(client));
        await client.SendAsync("""{"type":"ack","ref":"q-3","id":"x-1"}""");
        Assert.Equal(("bad_request", "q-3"), await ErrorAsync(client));
    }

    [Fact]
    public async Task Ack_FromTheFuture_IsRefusedAndOneOfThePastIgnored()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        UserEventEmitter emitter = server.EmitterFor("alice");
        EventId first = emitter.Emit("note", new { }).EventId;
        EventId second = emitter.Emit("note", new { }).EventId;
        await client.NextEventsAsync(2);

        await client.SendAsync($$"""{"type":"ack","id":"{{second.At(3)}}"}""");
        Assert.Equal("bad_request", (await client.NextControlAsync<ErrorMessage>()).Code);
        await client.SendAsync($$"""{"type":"ack","id":"{{second}}"}""");
        await client.SendAsync($$"""{"type":"ack","id":"{{second}}"}""");
        await client.SendAsync($$"""{"type":"ack","id":"{{first}}"}""");

        Assert.Empty(await client.PingAsync());
        Assert.True(client.IsOpen);
    }

    [Fact]
    public async Task Subscribe_ToAnotherThread_ReplacesTheFilterFromThere()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice", "thread=t-1");
        server.EmitterFor("alice", "t-2").Emit("note", new { });
        server.EmitterFor("alice", "t-1").Emit("note", new { });
        Assert.Equal("t-1", (await client.NextEventAsync()).ThreadId?.Value);

        await client.SendAsync("""{"type":"subscribe","threads":["t-2"],"ref":"s"}""");
        Assert.Equal("s", (await client.NextControlAsync<ReplyMessage>()).Ref);
        server.EmitterFor("alice", "t-1").Emit("note", new { });
        server.EmitterFor("alice", "t-2").Emit("note", new { });
        Assert.Equal(4, (await client.NextEventAsync()).Id.Sequence);

        await client.SendAsync("""{"type":"subscribe","threads":null}""");
        await client.PingAsync();
        server.EmitterFor("alice").Emit("note", new { });
        Assert.Equal(5, (await client.NextEventAsync()).Id.Sequence);
    }

    [Fact]
    public async Task Handler_Replies_TheReplyCarriesRefAndData()
    {
        await using RealtimeServer server = await StartWithHandlersAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice", "client=tab-1");

        await client.SendAsync("""{"type":"ask","ref":"q-1","thread_id":"t-1","run_id":"r-1","question_text":"why"}""");

        ReplyMessage reply = await client.NextControlAsync<ReplyMessage>();
        Assert.Equal("q-1", reply.Ref);
        Assert.Equal("""{"text":"alice tab-1 t-1 r-1: why"}""", reply.Data!.Value.GetRawText());
    }

    [Fact]
    public async Task Handler_NoRefAndNoAnswer_SaysNothing()
    {
        await using RealtimeServer server = await StartWithHandlersAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        await client.SendAsync("""{"type":"ask","question_text":"why"}""");
        await client.SendAsync("""{"type":"count","ref":"after"}""");

        Assert.Equal("after", (await client.NextControlAsync<ReplyMessage>()).Ref); // one after the other, so this is the first answer
    }

    [Fact]
    public async Task Handler_Refuses_TheErrorCarriesItsCodeAndMessage()
    {
        await using RealtimeServer server = await StartWithHandlersAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        await client.SendAsync("""{"type":"refuse","ref":"q-1"}""");

        ErrorMessage error = await client.NextControlAsync<ErrorMessage>();
        Assert.Equal(("q-1", "quota_used_up", "Come back tomorrow."), (error.Ref, error.Code, error.Message));
    }

    [Fact]
    public async Task Handler_FieldsOfTheWrongKind_AreABadRequestAndItIsNotCalled()
    {
        await using RealtimeServer server = await StartWithHandlersAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        await client.SendAsync("""{"type":"ask","ref":"q-1","question_text":{"a":1}}""");

        Assert.Equal(("bad_request", "q-1"), await ErrorAsync(client));
        Assert.Empty(await client.PingAsync());
    }

    [Theory]
    [InlineData("throw")]
    [InlineData("throw_at_once")]
    public async Task Handler_Throws_TheClientSeesInternalAndNoTextOfIt(string type)
    {
        await using RealtimeServer server = await StartWithHandlersAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        await client.SendAsync($$"""{"type":"{{type}}","ref":"q-1"}""");

        Assert.Equal(("internal", "q-1"), await ErrorAsync(client));
        await client.SendAsync("""{"type":"count","ref":"q-2"}""");
        Assert.Equal("q-2", (await client.NextControlAsync<ReplyMessage>()).Ref);
        Assert.DoesNotContain(client.Texts, text => text.Contains("connection string", StringComparison.Ordinal) || text.Contains("Exception", StringComparison.Ordinal));
        Assert.Contains(server.Logs.All, line => line.Contains("connection string", StringComparison.Ordinal)); // where it belongs
    }

    [Fact]
    public async Task Handler_TwoMessages_EachHasAScopeOfItsOwn()
    {
        await using RealtimeServer server = await StartWithHandlersAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync("""{"type":"count","ref":"q"}""");
            Assert.Equal("1", (await client.NextControlAsync<ReplyMessage>()).Data!.Value.GetRawText()); // a new counter each time
        }

        Assert.Equal(2, server.Services.GetRequiredService<Disposals>().Count);
    }

    [Fact]
    public async Task Handler_ThatNeverEnds_DelaysNeitherPingNorEventNorClose()
    {
        await using RealtimeServer server = await StartWithHandlersAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        await client.SendAsync("""{"type":"hang","ref":"q-1"}""");

        Assert.Empty(await client.PingAsync());
        server.EmitterFor("alice").Emit("note", new { });
        Assert.Equal(1, (await client.NextEventAsync()).Id.Sequence);
        Assert.Equal(1000, (await client.CloseAsync()).Code);
    }

    [Fact]
    public async Task Cancel_OwnOpenRun_AsksItToStopAndItEndsAsCancelled()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        RunId run = server.Runs.Start(UserId.Create("alice"), null, "researcher", (_, _, token) => Task.Delay(Timeout.Infinite, token)).RunId;
        await client.NextEventAsync();

        await client.SendAsync($$"""{"type":"cancel","run_id":"{{run}}","ref":"c-1"}""");

        (ReplyMessage? reply, AgentEvent? end) = (null, null);
        while (reply is null || end is null)
        {
            ServerMessage message = await client.NextAsync(); // a control message may overtake the event
            reply ??= message as ReplyMessage;
            end ??= message as AgentEvent;
        }

        Assert.Equal(("c-1", null), (reply.Ref, reply.Data));
        Assert.Equal(FailureReason.Cancelled, Assert.IsType<AgentFailed>(end).Reason);
        await client.SendAsync($$"""{"type":"cancel","run_id":"{{run}}","ref":"c-2"}""");
        reply = await client.NextControlAsync<ReplyMessage>();
        Assert.Equal(("c-2", """{"ended":true}"""), (reply.Ref, reply.Data!.Value.GetRawText()));
    }

    [Fact]
    public async Task Cancel_SomeoneElsesRunAndAMissingOne_AreTheSameAnswerAndTheRunGoesOn()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "mallory");
        await using RunEmitter open = server.EmitterFor("alice").StartRun("researcher");
        RunEmitter ended = server.EmitterFor("alice").StartRun("researcher");
        ended.Complete();

        foreach (string run in new[] { open.RunId.Value, ended.RunId.Value, "r-missing" })
        {
            await client.SendAsync($$"""{"type":"cancel","run_id":"{{run}}","ref":"c"}""");
            await client.NextControlAsync<ErrorMessage>();
        }

        string[] answers = [.. client.Texts.Where(text => text.Contains("\"error\"", StringComparison.Ordinal))];
        Assert.Equal(3, answers.Length);
        Assert.Single(answers.Distinct());
        Assert.Contains("not_found", answers[0], StringComparison.Ordinal);
        Assert.False(open.Cancelled.IsCancellationRequested);
        Assert.True(open.Respond("still here").IsInLog);
    }

    private static async Task<(string Code, string? Ref)> ErrorAsync(TestClient client)
    {
        ErrorMessage error = await client.NextControlAsync<ErrorMessage>();
        return (error.Code, error.Ref);
    }

    private static Task<RealtimeServer> StartWithHandlersAsync() => RealtimeServer.StartAsync(setup =>
    {
        setup.Services = services => services.AddSingleton<Disposals>().AddScoped<ScopedCounter>();
        setup.Realtime = realtime => realtime
            .MapMessage<Question>("ask", (question, context) =>
            {
                context.Reply(JsonSerializer.SerializeToElement(new { text = $"{context.User} {context.Client} {context.ThreadId} {context.RunId}: {question.QuestionText}" }));
                return Task.CompletedTask;
            })
            .MapMessage<Nothing>("refuse", (_, context) =>
            {
                context.Refuse("quota_used_up", "Come back tomorrow.");
                return Task.CompletedTask;
            })
            .MapMessage<Nothing>("throw", async (_, _) =>
            {
                await Task.Yield();
                throw new InvalidOperationException("the connection string is secret");
            })
            .MapMessage<Nothing>("throw_at_once", (_, _) => throw new InvalidOperationException("the connection string is secret"))
            .MapMessage<Nothing>("hang", (_, _) => new TaskCompletionSource().Task)
            .MapMessage<Nothing>("count", (_, context) =>
            {
                context.Reply(JsonSerializer.SerializeToElement(context.Services.GetRequiredService<ScopedCounter>().Next()));
                return Task.CompletedTask;
            });
    });

    private sealed record Question(string QuestionText);

    private sealed record Nothing;

    private sealed class Disposals
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Add() => Interlocked.Increment(ref _count);
    }

    private sealed class ScopedCounter(Disposals disposals) : IDisposable
    {
        private int _count;

        public int Next() => ++_count;

        public void Dispose() => disposals.Add();
    }
}
