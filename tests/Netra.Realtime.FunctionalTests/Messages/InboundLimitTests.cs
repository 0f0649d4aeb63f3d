using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.FunctionalTests.Messages;

public sealed class InboundLimitTests
{
    private const int Limit = 32 * 1024;

    [Fact]
    public async Task Message_OfExactlyTheLimit_IsRead()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        Assert.Equal(Limit, client.Welcome.Limits.MaxMessageBytes);

        await client.SendAsync(PingOf(Limit), WebSocketMessageType.Text);

        Assert.Equal("big", (await client.NextControlAsync<PongMessage>()).Ref);
        Assert.Empty(await client.PingAsync());
    }

    [Fact]
    public async Task Message_OneAboveTheLimit_ClosesWithMessageTooBig()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        await using TestClient neighbour = await TestClient.ConnectAsync(server, "alice");

        await client.SendAsync(PingOf(Limit + 1), WebSocketMessageType.Text);

        Assert.Equal(new ClientClose(1009, "message too big"), await client.Closed);
        Assert.Empty(Events(await neighbour.PingAsync()));
    }

    [Fact]
    public async Task Message_ClientIsStillSendingIt_TheCloseArrives()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.OpenAsync(server, "alice");

        // One frame that declares 8 MiB, sent whole although the server has had enough after 32 KiB.
        await client.WriteAsync(RawClient.Frame(RawClient.Text, new byte[8 * 1024 * 1024].Select(_ => (byte)'x').ToArray()));

        Assert.Equal(1009, await client.ReadCloseAsync());
    }

    [Fact]
    public async Task Message_OneAboveTheLimitInFragments_ClosesWithMessageTooBig()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        for (int i = 0; i < 4; i++)
        {
            await client.SendAsync(new byte[Limit / 4].Select(_ => (byte)'x').ToArray(), WebSocketMessageType.Text, endOfMessage: false);
        }

        await client.SendAsync("x"u8.ToArray(), WebSocketMessageType.Text);

        Assert.Equal(1009, (await client.Closed).Code);
    }

    [Fact]
    public async Task Message_InFragments_IsReadAsOne()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        foreach (byte part in """{"type":"ping","ref":"\u2713✓"}"""u8.ToArray())
        {
            await client.SendAsync([part], WebSocketMessageType.Text, endOfMessage: false); // also inside a character
        }

        await client.SendAsync([], WebSocketMessageType.Text);

        Assert.Equal("\u2713\u2713", (await client.NextControlAsync<PongMessage>()).Ref);
    }

    [Fact]
    public async Task Binary_OnATextProtocol_ClosesWithItsCode()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        await client.SendAsync("""{"type":"ping"}"""u8.ToArray(), WebSocketMessageType.Binary);

        Assert.Equal(new ClientClose(1003, "binary not accepted"), await client.Closed);
    }

    [Fact]
    public async Task Messages_AboveTheRate_AreWarnedOnceThenClosed()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.Options = options => options.Limits.MessageBurst = 3;

            // The clock stands still: how fast the machine is decides nothing.
            setup.Services = services => services.AddSingleton<TimeProvider>(new FakeTimeProvider(DateTimeOffset.UtcNow));
        });
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        await using TestClient neighbour = await TestClient.ConnectAsync(server, "alice");

        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync("""{"type":"ping"}"""); // three are answered, one is warned, one is too many
        }

        Assert.Equal(new ClientClose(4429, "rate limit"), await client.Closed);
        Assert.Single(client.Texts, text => text.Contains("rate_limited", StringComparison.Ordinal));
        Assert.Equal(3, client.Texts.Count(text => text.Contains("pong", StringComparison.Ordinal)));
        Assert.Empty(Events(await neighbour.PingAsync()));
    }

    [Fact]
    public async Task Messages_RefusedAgainAndAgain_CloseWithPolicy()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Limits.MessageBurst = 1_000;
            options.Limits.MaxRefusedMessagesPerMinute = 5;
        });
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");

        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync("{");
            Assert.Equal("bad_request", (await client.NextControlAsync<ErrorMessage>()).Code);
        }

        Assert.Empty(await client.PingAsync()); // at the limit
        await client.SendAsync("{"); // above it

        Assert.Equal(new ClientClose(1008, "policy"), await client.Closed);
    }

    private static IEnumerable<AgentEvent> Events(IEnumerable<ServerMessage> messages) => messages.OfType<AgentEvent>();

    private static byte[] PingOf(int bytes)
    {
        const string Head = """{"type":"ping","ref":"big","pad":""";
        return Encoding.UTF8.GetBytes(Head + '"' + new string('x', bytes - Head.Length - 3) + "\"}");
    }
}
