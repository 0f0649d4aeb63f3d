using System.Globalization;
using System.Net;
using System.Text;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.FunctionalTests.Samples;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Lifetime;

/// <summary>A server whose process is frozen for longer than its heartbeat gives a peer: nobody's silence was their own.</summary>
public sealed class FrozenServerTests : IDisposable
{
    private const int Users = 20;
    private const int ConnectionsPerUser = 3; // more connections than the heartbeat has slots: some are due at any moment of the freeze

    // Either way more pings fall due in the freeze than may be missed.
    private static readonly TimeSpan Freeze = TimeSpan.FromSeconds(LongTests.Times(5, 60));
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(LongTests.Times(1, 25));
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(LongTests.Times(3, 75));
    private const int Missed = 2;

    private readonly string _documents = Directory.CreateTempSubdirectory("frozen-").FullName;

    public void Dispose() => Directory.Delete(_documents, recursive: true);

    [FramedFact]
    public async Task Server_FrozenAndContinued_EvictsNobodyWhoLivesAndGoesOnOnTheSameConnections()
    {
        await using AgentChatProcess chat = await AgentChatProcess.StartAsync(
            _documents,
            ("Netra__Heartbeat__Interval", Interval.ToString("c", CultureInfo.InvariantCulture)),
            ("Netra__Heartbeat__Timeout", Timeout.ToString("c", CultureInfo.InvariantCulture)),
            ("Netra__Heartbeat__Missed", Missed.ToString(CultureInfo.InvariantCulture)));
        List<AgentChatProcess.Browser> browsers = [];
        List<TestClient> clients = [];
        try
        {
            for (int user = 0; user < Users; user++)
            {
                browsers.Add(await chat.SignInAsync($"user-{user}"));
                for (int i = 0; i < ConnectionsPerUser; i++)
                {
                    clients.Add(await browsers[user].OpenAsync());
                    Assert.IsType<WelcomeMessage>(await clients[^1].NextAsync());
                }
            }

            using AgentChatProcess.Browser watching = await chat.SignInAsync("watching");
            using RawClient watch = await OpenAsync(chat, watching);
            await ReadPingsAsync(watch, 1);

            await Signals.StopAsync(chat.Id);
            await Task.Delay(Freeze, CancellationToken.None);
            await Signals.ContinueAsync(chat.Id);

            using RawClient silent = await OpenAsync(chat, watching);
            Task<int?> silentClosed = silent.ReadCloseAsync();
            await ReadPingsAsync(watch, Missed + 1); // by then whoever was taken for silent is closed

            Assert.All(clients, client => Assert.True(client.IsOpen));
            foreach (TestClient client in clients)
            {
                Assert.Empty(await client.PingAsync());
            }

            string run = await browsers[0].StartRunAsync("thread-1", "Is there anybody?");
            foreach (TestClient client in clients.Take(ConnectionsPerUser))
            {
                Assert.All(await client.ReadRunAsync(), e => Assert.Equal(run, e.RunId?.Value));
            }

            Assert.Equal(4407, await silentClosed); // the heartbeat is not merely over
        }
        finally
        {
            foreach (TestClient client in clients)
            {
                await client.DisposeAsync();
            }

            browsers.ForEach(browser => browser.Dispose());
        }
    }

    private static async Task<RawClient> OpenAsync(AgentChatProcess chat, AgentChatProcess.Browser browser)
    {
        RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Parse(chat.Address.Host), chat.Address.Port));
        await client.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /ws HTTP/1.1\r\nHost: {chat.Address.Authority}\r\nCookie: {browser.Cookies.GetCookieHeader(chat.Address)}\r\n"
            + $"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {RawClient.Key}\r\n\r\n"));
        Assert.Equal(101, (await client.ReadResponseAsync()).Status);
        return client;
    }

    // Answers each. What else comes is of no interest.
    private static async Task ReadPingsAsync(RawClient client, int count)
    {
        while (count > 0)
        {
            RawFrame? frame = await client.ReadFrameAsync();
            Assert.True(frame is not null && frame.Opcode != RawClient.Close, "The connection has ended.");
            if (frame.Opcode == RawClient.Ping)
            {
                await client.SendAsync(RawClient.Pong, frame.Payload);
                count--;
            }
        }
    }
}
