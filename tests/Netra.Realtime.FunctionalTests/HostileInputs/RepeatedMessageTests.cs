using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>The same thing again, and again and again.</summary>
public sealed class RepeatedMessageTests
{
    [Fact]
    public async Task Ack_Flood_IsWarnedOnceThenClosedAndTheLogIsUntouched()
    {
        const int Burst = 20;
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.Options = options => options.Limits.MessageBurst = Burst;

            // The clock stands still: however slow the machine is, the flood is one.
            setup.Services = services => services.AddSingleton<TimeProvider>(new FakeTimeProvider(DateTimeOffset.UtcNow));
        });
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        EmitResult emitted = server.EmitterFor("alice").Emit("note", new { });
        await client.NextEventAsync();

        for (int i = 0; i < Burst + 1; i++)
        {
            await client.SendAsync($$"""{"type":"ack","id":"{{emitted.EventId}}"}""");
        }

        Assert.Equal("rate_limited", (await client.NextControlAsync<ErrorMessage>()).Code); // one above the burst is warned
        Assert.True(client.IsOpen);
        await client.SendAsync($$"""{"type":"ack","id":"{{emitted.EventId}}"}""");

        Assert.Equal(new ClientClose(4429, "rate limit"), await client.Closed);
        Assert.Single(client.Texts, text => text.Contains("rate_limited", StringComparison.Ordinal));
        await using TestClient next = await TestClient.ConnectAsync(server, "alice", $"last_event_id={emitted.EventId.At(0)}");
        Assert.Equal(emitted.EventId, (await next.NextEventAsync()).Id);
    }

    [Fact]
    public async Task Cancel_Twice_HasOneEffectAndAMissingRunIsNotFoundBothTimes()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int cancellations = 0;
        RunHandle run = server.Runs.Start(UserId.Create("alice"), null, "agent", async (_, _, cancellationToken) =>
        {
            await using CancellationTokenRegistration registration = cancellationToken.Register(() =>
            {
                Interlocked.Increment(ref cancellations);
                cancelled.TrySetResult();
            });
            await cancelled.Task; // it is told on the pool, perhaps after the answers
            await release.Task; // and ends only after both
            cancellationToken.ThrowIfCancellationRequested();
        });
        await client.NextEventAsync();

        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync($$"""{"type":"cancel","run_id":"{{run.RunId}}","ref":"same"}""");
            ReplyMessage reply = await client.NextControlAsync<ReplyMessage>();
            Assert.Equal(("same", null), (reply.Ref, reply.Data));
            await client.SendAsync("""{"type":"cancel","run_id":"missing","ref":"none"}""");
            Assert.Equal(("not_found", "none"), (await client.NextControlAsync<ErrorMessage>() is var error ? (error.Code, error.Ref) : default));
        }

        release.SetResult();
        Assert.Equal(RunOutcome.Cancelled, await run.Completion.OrFail());
        Assert.Equal(FailureReason.Cancelled, Assert.IsType<AgentFailed>(await client.NextEventAsync()).Reason);
        Assert.Equal(1, Volatile.Read(ref cancellations));
        EmitResult next = server.EmitterFor("alice").Emit("note", new { });
        Assert.Equal(3, next.EventId.Sequence); // after the start and the one end
        Assert.Equal(next.EventId, (await client.NextEventAsync()).Id);
    }

    [Theory]
    [InlineData("""{"type":"refresh","token":"bob"}""")]
    [InlineData("""{"type":"hello","user_id":"bob"}""")]
    [InlineData("""{"type":"subscribe","user_id":"bob","threads":["t-1"]}""")]
    public async Task Message_ThatWouldChangeTheUser_ChangesNothing(string message)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        await client.SendAsync(message);
        await client.PingAsync();
        server.EmitterFor("bob", "t-1").Emit("note", new { });
        server.EmitterFor("alice", "t-1").Emit("own", new { });

        Assert.Equal("own", (await client.NextEventAsync()).Type);
        Assert.Empty(await client.PingAsync());
    }
}
