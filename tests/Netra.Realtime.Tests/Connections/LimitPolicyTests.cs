using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

public sealed class LimitPolicyTests
{
    [Theory]
    [InlineData(ConnectionLimitPolicy.EvictOldest, 0)]
    [InlineData(ConnectionLimitPolicy.EvictLeastRecentlyActive, 1)]
    public async Task UserLimit_OneMore_TakesThePlaceOfTheOneThatThePolicyNames(ConnectionLimitPolicy policy, int expected)
    {
        await using RealtimeHarness realtime = Start(policy);
        List<FakeClient> clients = await ConnectAsync(realtime, 3);
        FakeClient neighbour = await StartAsync(realtime, RealtimeHarness.Bob);
        clients[2].Send("""{"type":"ack","id":"nonsense"}""");
        await clients[2].NextAsync<ErrorMessage>();
        realtime.Time.Advance(TimeSpan.FromSeconds(1));
        await clients[0].RoundTripAsync(); // the oldest is the most recently active, the second has only answered pings

        FakeClient newcomer = await StartAsync(realtime, RealtimeHarness.Alice);

        Assert.Equal((4509, "superseded"), await clients[expected].Transport.Closed.OrFail());
        await clients[expected].EndedAsync();
        Assert.Equal(4, realtime.Registry.Places.Taken);
        foreach (FakeClient other in clients.Where(client => client != clients[expected]).Append(newcomer).Append(neighbour))
        {
            await other.RoundTripAsync();
        }
    }

    [Fact]
    public async Task UserLimit_RefuseNewest_RefusesOnlyTheOneTooMany()
    {
        await using RealtimeHarness realtime = Start(ConnectionLimitPolicy.RefuseNewest);
        List<FakeClient> clients = await ConnectAsync(realtime, 3);

        Assert.Equal(CloseReason.UserConnectionLimit, await realtime.Connect().EndedAsync());

        foreach (FakeClient client in clients)
        {
            await client.RoundTripAsync();
        }

        await StartAsync(realtime, RealtimeHarness.Bob);
    }

    [Theory]
    [InlineData(ConnectionLimitPolicy.EvictOldest)]
    [InlineData(ConnectionLimitPolicy.EvictLeastRecentlyActive)]
    public async Task TotalLimit_NewcomerWithoutOthersOfItsUser_IsRefusedAndNobodyElseGoes(ConnectionLimitPolicy policy)
    {
        await using RealtimeHarness realtime = Start(policy, options => options.Limits.MaxConnections = 2);
        List<FakeClient> clients = await ConnectAsync(realtime, 2);

        Assert.Equal(CloseReason.TotalConnectionLimit, await realtime.Connect(RealtimeHarness.Bob).EndedAsync());

        await clients[0].RoundTripAsync();
        await clients[1].RoundTripAsync();
        await StartAsync(realtime, RealtimeHarness.Alice); // in the place of one of its own
        Assert.Equal((4509, "superseded"), await clients[0].Transport.Closed.OrFail());
        await clients[0].EndedAsync();
        Assert.Equal((2, 2), (realtime.Registry.Places.Taken, realtime.Registry.Count));
    }

    [Fact]
    public async Task Newcomer_OfTheSameClientAtTheLimit_SupersedesThatOneAndNoOther()
    {
        await using RealtimeHarness realtime = Start(ConnectionLimitPolicy.EvictOldest);
        FakeClient oldest = await StartAsync(realtime, RealtimeHarness.Alice);
        FakeClient named = realtime.ConnectAs("tab-1");
        await named.StartedAsync();
        await StartAsync(realtime, RealtimeHarness.Alice);

        await realtime.ConnectAs("tab-1").StartedAsync();

        Assert.Equal((4509, "superseded"), await named.Transport.Closed.OrFail());
        await oldest.RoundTripAsync();
    }

    // 4,096 at once and 1,024 a second: the message that does not fit is refused, the next that does not closes. Others have buckets of their own.
    [Fact]
    public async Task Bytes_AtTheBurstAndOneMore_OneIsRefusedThenTheConnectionCloses()
    {
        await using RealtimeHarness realtime = new(options => (options.Limits.BytesPerSecond, options.Limits.BytesBurst, options.Limits.MaxMessageBytes) = (1024, 4096, 2048));
        FakeClient client = await StartAsync(realtime, RealtimeHarness.Alice);
        FakeClient neighbour = await StartAsync(realtime, RealtimeHarness.Alice);
        client.Send(Ping(2048));
        client.Send(Ping(2048));
        await client.NextAsync<PongMessage>();
        await client.NextAsync<PongMessage>();

        realtime.Time.Advance(TimeSpan.FromSeconds(0.5));
        client.Send(Ping(513));
        Assert.Equal(ErrorCodes.RateLimited, (await client.NextAsync<ErrorMessage>()).Code);
        client.Send(Ping(512));
        await client.NextAsync<PongMessage>();
        client.Send(Ping(30));

        Assert.Equal(CloseReason.RateLimit, await client.EndedAsync());
        await neighbour.RoundTripAsync();
    }

    [Fact]
    public async Task Bytes_BurstBelowTheLargestMessage_StillLetsThatThrough()
    {
        await using RealtimeHarness realtime = new(options => (options.Limits.BytesBurst, options.Limits.MaxMessageBytes) = (1024, 4096));
        FakeClient client = await StartAsync(realtime, RealtimeHarness.Alice);

        client.Send(Ping(4096));

        await client.NextAsync<PongMessage>();
    }

    private static string Ping(int bytes) => """{"type":"ping"}""".PadRight(bytes);

    private static RealtimeHarness Start(ConnectionLimitPolicy policy, Action<RealtimeOptions>? configure = null) => new(options =>
    {
        options.Limits.WhenFull = policy;
        configure?.Invoke(options);
    });

    private static async Task<List<FakeClient>> ConnectAsync(RealtimeHarness realtime, int count)
    {
        List<FakeClient> clients = [];
        for (int i = 0; i < count; i++)
        {
            realtime.Time.Advance(TimeSpan.FromSeconds(1));
            clients.Add(await StartAsync(realtime, RealtimeHarness.Alice));
        }

        return clients;
    }

    private static async Task<FakeClient> StartAsync(RealtimeHarness realtime, UserId user)
    {
        FakeClient client = realtime.Connect(user);
        await client.StartedAsync();
        return client;
    }
}
