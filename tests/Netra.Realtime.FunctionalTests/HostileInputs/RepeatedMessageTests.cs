using System.Net.WebSockets;
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
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        EmitResult emitted = server.EmitterFor("alice").Emit("note", new { });
        await client.NextEventAsync();

        for (int i = 0; i < 2_000 && client.IsOpen; i++)
        {
            try
            {
                await client.SendAsync($$"""{"type":"ack","id":"{{emitted.EventId}}"}""");
            }
            catch (WebSocketException)
            {
                break; // closed meanwhile
            }
        }

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
        RunHandle run = server.Runs.Start(UserId.Create("alice"), null, "agent", async (_, _, cancellationToken) =>
        {
            await release.Task; // looks at its token only after both
            cancellationToken.ThrowIfCancellationRequested();
        });
        await client.NextEventAsync();

        string?[] outcomes = new string?[2];
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync($$"""{"type":"cancel","run_id":"{{run.RunId}}","ref":"same"}""");
            outcomes[i] = (await client.NextControlAsync<ReplyMessage>()).Data?.GetRawText();
            await client.SendAsync("""{"type":"cancel","run_id":"missing","ref":"none"}""");
            Assert.Equal(("not_found", "none"), (await client.NextControlAsync<ErrorMessage>() is var error ? (error.Code, error.Ref) : default));
        }

        release.SetResult();
        Assert.Equal(outcomes[0], outcomes[1]);
        Assert.Single(await client.ReadRunAsync(), e => e is AgentFailed);
        Assert.Empty(await client.PingAsync());
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
