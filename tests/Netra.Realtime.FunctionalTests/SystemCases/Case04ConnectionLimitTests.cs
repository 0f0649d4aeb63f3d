using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>Three of a user and a hundred in all are welcome, one more is not, however many race for a place.</summary>
public sealed class Case04ConnectionLimitTests
{
    [Fact]
    public async Task Connect_FourthOfAUser_IsClosedWithoutAWelcomeWhileTheThreeLive()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient first = await TestClient.ConnectAsync(server, "alice");
        await using TestClient second = await TestClient.ConnectAsync(server, "alice");
        await using TestClient third = await TestClient.ConnectAsync(server, "alice");

        await using TestClient fourth = await TestClient.OpenAsync(server, "alice");

        Assert.Equal(new ClientClose(1013, "user connection limit"), await fourth.Closed);
        Assert.Empty(fourth.Texts);
        server.EmitterFor("alice").Emit("note", new { });
        foreach (TestClient client in new[] { first, second, third })
        {
            Assert.Equal(1, (await client.NextEventAsync()).Id.Sequence);
            Assert.True(client.IsOpen);
        }
    }

    [Fact]
    public async Task Connect_AnotherUserBesideAFullOne_IsWelcome()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options => options.Limits.MaxConnectionsPerUser = 1);
        await using TestClient alice = await TestClient.ConnectAsync(server, "alice");

        await using TestClient bob = await TestClient.ConnectAsync(server, "bob");

        Assert.Equal("bob", bob.Welcome.UserId);
    }

    [Fact]
    public async Task Connect_OneMoreThanInAll_IsClosedWithoutAWelcomeWhileTheOthersLive()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        TestClient[] clients = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => TestClient.ConnectAsync(server, $"user-{i}"))).OrFail();

        await using TestClient tooMany = await TestClient.OpenAsync(server, "alice");

        Assert.Equal(new ClientClose(1013, "total connection limit"), await tooMany.Closed);
        Assert.Empty(tooMany.Texts);
        for (int i = 0; i < clients.Length; i++)
        {
            server.EmitterFor($"user-{i}").Emit("note", new { });
            Assert.Equal(1, (await clients[i].NextEventAsync()).Id.Sequence);
            await clients[i].DisposeAsync();
        }
    }

    [Fact]
    public async Task Connect_OneMoreThanOfTheTenant_IsClosedWithoutAWelcomeWhileTheOthersLive()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.Realtime = realtime => realtime.IdentifyBy(principal => UserId.Create(principal.FindFirstValue("sub"), principal.FindFirstValue("tid")));
            setup.Options = options => options.Limits.MaxConnectionsPerTenant = 2;
        });
        using RejectionWatch rejections = new(server);
        await using TestClient alice = await OfTenantAsync(server, "alice", "red");
        await using TestClient bob = await OfTenantAsync(server, "bob", "red");
        Assert.IsType<WelcomeMessage>(await alice.NextAsync());
        Assert.IsType<WelcomeMessage>(await bob.NextAsync());

        await using TestClient tooMany = await OfTenantAsync(server, "carol", "red");

        Assert.Equal(new ClientClose(1013, "tenant connection limit"), await tooMany.Closed);
        Assert.Equal(["tenant_limit"], rejections.Reasons);
        Assert.Empty(tooMany.Texts);
        await using TestClient neighbour = await OfTenantAsync(server, "carol", "blue");
        Assert.IsType<WelcomeMessage>(await neighbour.NextAsync());
        await alice.PingAsync();
        await bob.PingAsync();
    }

    [Theory]
    [InlineData(ConnectionLimitPolicy.EvictOldest, 0)]
    [InlineData(ConnectionLimitPolicy.EvictLeastRecentlyActive, 1)]
    public async Task Connect_FourthOfAUserByPolicy_IsWelcomeAndOneOfTheThreeIsClosedWith4509(ConnectionLimitPolicy policy, int evicted)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options => options.Limits.WhenFull = policy);
        await using TestClient neighbour = await TestClient.ConnectAsync(server, "bob");
        await using TestClient first = await TestClient.ConnectAsync(server, "alice");
        await using TestClient second = await TestClient.ConnectAsync(server, "alice");
        await using TestClient third = await TestClient.ConnectAsync(server, "alice");
        await first.PingAsync();

        await using TestClient fourth = await TestClient.ConnectAsync(server, "alice");

        TestClient[] three = [first, second, third];
        Assert.Equal(new ClientClose(4509, "superseded"), await three[evicted].Closed);
        server.EmitterFor("alice").Emit("note", new { });
        foreach (TestClient client in three.Where((_, i) => i != evicted).Append(fourth))
        {
            Assert.Equal(1, (await client.NextEventAsync()).Id.Sequence);
        }

        Assert.Empty(await neighbour.PingAsync());
    }

    [Fact]
    public async Task Connect_PlaceGivenBack_IsTakenByTheNext()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Limits.MaxConnectionsPerUser = 1;
            options.Limits.MaxConnections = 1;
        });
        for (int i = 0; i < 5; i++)
        {
            await using TestClient client = await TestClient.ConnectAsync(server, $"user-{i % 2}");
            Assert.Equal(1000, (await client.CloseAsync()).Code); // the place is free before the answer is sent
        }
    }

    [Theory]
    [InlineData(1, 3, "user connection limit")]
    [InlineData(500, 100, "total connection limit")]
    public async Task Connect_FiveHundredRacingFiftyTimesOnSockets_ThePlacesAreTakenAndNoMore(int users, int places, string reason)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.Options = options =>
            {
                options.Delivery.CloseTimeout = TimeSpan.FromSeconds(30); // a busy machine gets round to reading its 1013
                options.Limits.ConnectsPerSecondPerUser = 0; // nobody is to be refused for anything else
            };
            setup.Listener = listener => listener.MaxHandshakesPerAddress = 500;
            setup.Services = services => services.Configure<LoggerFilterOptions>(filter => filter.MinLevel = LogLevel.None);
        });
        for (int i = 0; i < 50; i++)
        {
            await RaceAsync(server, racer => $"user-{racer % users}", places, reason);
            await server.Registry.WhenEmptyAsync().OrFail(); // a peer may see the end of its socket before the server does
            Assert.Equal((0, 0, 0), (server.Registry.Places.Taken, server.Registry.Count, server.Registry.Refusing));
        }
    }

    [Theory]
    [InlineData(1, 3, "user connection limit")]
    [InlineData(500, 100, "total connection limit")]
    public async Task Connect_FiveHundredRacingFiftyTimesInMemory_ThePlacesAreTakenAndNoMore(int users, int places, string reason)
    {
        await using RealtimeHarness realtime = new();
        for (int i = 0; i < 50; i++)
        {
            TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<FakeClient>[] racers = [.. Enumerable.Range(0, 500).Select(racer => Task.Run(async () =>
            {
                await gate.Task;
                return realtime.Connect(UserId.Create($"user-{racer % users}"));
            }))];
            gate.SetResult();
            FakeClient[] clients = await Task.WhenAll(racers).OrFail();

            int admitted = 0;
            foreach (FakeClient client in clients)
            {
                if (await client.Transport.Outbound.WaitToReadAsync().OrFail())
                {
                    admitted++;
                }
                else
                {
                    Assert.Equal((1013, reason), await client.Transport.Closed.OrFail());
                }
            }

            Assert.Equal((places, places), (admitted, realtime.Registry.Places.Taken));
            foreach (FakeClient client in clients)
            {
                client.Transport.ClientClose();
                await client.EndedAsync();
            }

            Assert.Equal((0, 0), (realtime.Registry.Places.Taken, realtime.Registry.Count));
        }
    }

    private static Task<TestClient> OfTenantAsync(RealtimeServer server, string user, string tenant) =>
        TestClient.OpenAsync(server, user, configure: options => options.SetRequestHeader(TestAuthentication.TenantHeader, tenant));

    private static async Task RaceAsync(RealtimeServer server, Func<int, string> user, int places, string reason)
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<Racer>[] connecting = [.. Enumerable.Range(0, 500).Select(async i =>
        {
            await gate.Task;
            return await Racer.RunAsync(server, user(i));
        })];
        gate.SetResult();
        Racer[] racers = await Task.WhenAll(connecting).OrFail();

        // Each has either a welcome or a close; nobody leaves by himself, so the admitted are the ones with a welcome.
        Racer[] admitted = [.. racers.Where(racer => racer.IsWelcome)];
        Assert.Equal((places, places), (admitted.Length, server.Registry.Places.Taken));
        Assert.All(racers.Except(admitted), racer => Assert.Equal(new ClientClose(1013, reason), racer.Refusal));
        await Task.WhenAll(admitted.Select(racer => racer.PingAsync())).OrFail();
        await Task.WhenAll(racers.Select(racer => racer.EndAsync())).OrFail();
        Array.ForEach(racers, racer => racer.Dispose());
    }
}
