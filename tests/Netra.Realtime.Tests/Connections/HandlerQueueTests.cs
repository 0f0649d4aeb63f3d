using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

public sealed class HandlerQueueTests
{
    public sealed record Ask(int N);

    [Fact]
    public async Task Handler_ThrowsAndSoDoesTheLogger_TheNextMessageIsAnswered()
    {
        LogProbe logs = new(1005);
        await using RealtimeHarness realtime = new(build: builder => builder
            .MapMessage<Ask>("ask", (ask, _) => ask.N == 1 ? throw new InvalidOperationException() : Task.CompletedTask)
            .Services.AddSingleton<ILoggerFactory>(logs));
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ask","ref":"q1","n":1}""");
        await logs.LoggedAsync(1005).OrFail();
        client.Send("""{"type":"ask","ref":"q2","n":2}""");

        Assert.Equal((ErrorCodes.Internal, "q1"), CodeAndRef(await client.NextAsync<ErrorMessage>()));
        Assert.Equal("q2", (await client.NextAsync<ReplyMessage>()).Ref);
    }

    [Fact]
    public async Task Handler_ScopeThrowsWhenDisposed_OneAnswerAndItIsInternal()
    {
        await using RealtimeHarness realtime = new(build: builder => builder
            .MapMessage<Ask>("ask", (_, context) =>
            {
                context.Services.GetRequiredService<ThrowsOnDispose>();
                context.Reply(JsonElement.Parse("[1]"));
                return Task.CompletedTask;
            })
            .Services.AddScoped<ThrowsOnDispose>());
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ask","ref":"q1"}""");

        Assert.Equal((ErrorCodes.Internal, "q1"), CodeAndRef(await client.NextAsync<ErrorMessage>()));
        client.Send("""{"type":"ping","ref":"p1"}""");
        Assert.Equal("p1", (await client.NextAsync<PongMessage>()).Ref);
    }

    [Fact]
    public async Task Cancel_WhileAHandlerBlocks_IsAnswered()
    {
        using BlockingGate gate = new();
        await using RealtimeHarness realtime = new(build: builder => builder.MapMessage<Ask>("ask", (_, _) =>
        {
            gate.Block();
            return Task.CompletedTask;
        }));
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("agent");
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ask","ref":"q1"}""");
        await gate.Reached.OrFail();

        client.Send($$"""{"type":"cancel","ref":"c1","run_id":"{{run.RunId}}"}""");

        Assert.Equal("c1", (await client.NextAsync<ReplyMessage>()).Ref);
        gate.Open();
        Assert.Equal("q1", (await client.NextAsync<ReplyMessage>()).Ref);
        Assert.True(gate.Held);
    }

    [Theory]
    [InlineData("""{"type":"ask","n":1}""")]
    [InlineData("""{"type":"ask","n":2}""")]
    [InlineData("""{"type":"cancel","run_id":"r-guessed"}""")]
    public async Task Refused_ByAHandlerOrForAGuessedRun_The21stClosesWith1008(string message)
    {
        await using RealtimeHarness realtime = new(build: builder => builder.MapMessage<Ask>("ask", (ask, context) =>
        {
            context.Refuse("too_late", "It is too late.");
            return ask.N == 2 ? throw new InvalidOperationException() : Task.CompletedTask;
        }));
        FakeClient client = await StartedAsync(realtime);
        for (int i = 0; i < 20; i++)
        {
            client.Send(message);
            await client.NextAsync<ErrorMessage>();
            realtime.Time.Advance(TimeSpan.FromSeconds(1));
        }
        await client.RoundTripAsync();

        client.Send(message);

        Assert.Equal(CloseReason.PolicyViolation, await client.EndedAsync());
        Assert.Equal((1008, "policy"), await client.Transport.Closed.OrFail());
    }

    [Fact]
    public async Task Reply_WithSecrets_IsSanitized()
    {
        JsonElement data = JsonElement.Parse("""{"api_key":"p","_trace":1,"list":[{"password":"p","a":"é"}]}""");
        await using RealtimeHarness realtime = new(build: builder => Replying(builder, data));
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ask","ref":"q1"}""");

        ReplyMessage reply = await client.NextAsync<ReplyMessage>();
        JsonElement expected = JsonElement.Parse("""{"api_key":"[redacted]","list":[{"password":"[redacted]","a":"é"}]}""");
        Assert.True(JsonElement.DeepEquals(expected, reply.Data!.Value));
    }

    // The second is below the limit as it was given, and six times as large as it would be sent.
    [Theory]
    [InlineData('x', 66_000)]
    [InlineData('<', 60_000)]
    public async Task Reply_AboveTheLargestEvent_IsAnsweredWithInternalAndTheConnectionLives(char c, int length)
    {
        await using RealtimeHarness realtime = new(build: builder => Replying(builder, JsonElement.Parse("\"" + new string(c, length) + "\"")));
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ask","ref":"q1"}""");

        Assert.Equal((ErrorCodes.Internal, "q1"), CodeAndRef(await client.NextAsync<ErrorMessage>()));
        await client.RoundTripAsync();
    }

    [Theory]
    [InlineData(64 * 1024, 65_000)]
    [InlineData(1024 * 1024, 1_000_000)]
    public async Task Reply_JustBelowTheLargestEvent_IsSentWhole(int maxEventBytes, int length)
    {
        await using RealtimeHarness realtime = new(
            options => (options.Limits.MaxEventBytes, options.Retention.MaxBytes) = (maxEventBytes, 4 * 1024 * 1024),
            builder => Replying(builder, JsonElement.Parse("\"" + new string('x', length) + "\"")));
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ask","ref":"q1"}""");

        Assert.Equal(length, (await client.NextAsync<ReplyMessage>()).Data!.Value.GetString()!.Length);
    }

    [Theory]
    [InlineData(300, 300)]
    [InlineData(1_000, 300)]
    public async Task Refusal_AboveTheLongestErrorMessage_IsCut(int length, int expected)
    {
        await using RealtimeHarness realtime = new(build: builder => builder.MapMessage<Ask>("ask", (_, context) =>
        {
            context.Refuse("too_late", new string('x', length));
            return Task.CompletedTask;
        }));
        FakeClient client = await StartedAsync(realtime);
        client.Send("""{"type":"ask","ref":"q1"}""");

        Assert.Equal(expected, (await client.NextAsync<ErrorMessage>()).Message.Length);
    }

    private static void Replying(RealtimeBuilder builder, JsonElement data) => builder.MapMessage<Ask>("ask", (_, context) =>
    {
        context.Reply(data);
        return Task.CompletedTask;
    });

    private static (string Code, string? Ref) CodeAndRef(ErrorMessage error) => (error.Code, error.Ref);

    private static async Task<FakeClient> StartedAsync(RealtimeHarness realtime)
    {
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        return client;
    }

    private sealed class ThrowsOnDispose : IDisposable
    {
        public void Dispose() => throw new InvalidOperationException();
    }
}
