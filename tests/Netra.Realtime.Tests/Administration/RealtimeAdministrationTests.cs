using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Administration;
using Netra.Realtime.Connections;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.Tests.Connections;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Administration;

public sealed class RealtimeAdministrationTests
{
    private static readonly UserId AliceOfAcme = UserId.Create("alice", "acme");

    [Fact]
    public async Task GetUsers_PageByPage_ShowsEachUserOnceInOrder()
    {
        await using RealtimeHarness realtime = new();
        UserId[] users = [.. Enumerable.Range(0, 25).Select(i => UserId.Create($"user-{i:00}", i % 2 == 0 ? null : "acme"))];
        foreach (UserId user in users.Reverse())
        {
            realtime.Emitters.CreateFor(user).Emit("note", 1);
        }

        List<UserId> seen = [];
        IReadOnlyList<UserSnapshot> page = Of(realtime).GetUsers(max: 7);
        while (page.Count > 0)
        {
            Assert.True(page.Count is 7 or 4);
            seen.AddRange(page.Select(user => user.User));
            page = Of(realtime).GetUsers(page[^1].User, 7);
        }

        Assert.Equal(users.OrderBy(user => user.Tenant, StringComparer.Ordinal).ThenBy(user => user.Value, StringComparer.Ordinal), seen);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10_001)]
    public async Task GetUsers_PageOutOfRange_IsAMistake(int max)
    {
        await using RealtimeHarness realtime = new();

        Assert.Throws<ArgumentOutOfRangeException>(() => Of(realtime).GetUsers(max: max));
        Assert.Empty(Of(realtime).GetUsers(max: max == 0 ? 1 : 10_000));
    }

    [Fact]
    public async Task FindUser_WithAConnectionRunsAndRooms_ShowsThem()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.ConnectAs("tab-1");
        WelcomeMessage welcome = (await client.StartedAsync()).Welcome;
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice, new ThreadId("t")).StartRun("researcher");
        run.ExecuteTool("search");
        realtime.Services.GetRequiredService<RealtimeRooms>().Join(RealtimeHarness.Alice, new RoomId("lobby"));
        realtime.Time.Advance(TimeSpan.FromSeconds(5));

        UserSnapshot user = Of(realtime).FindUser(RealtimeHarness.Alice)!;

        Assert.Equal((RealtimeHarness.Alice, 1, 2, welcome.Epoch), (user.User, user.Rooms, user.LogEntries, user.LastEventId.Epoch));
        Assert.Equal(2, user.LastEventId.Sequence);
        Assert.True(user.LogBytes > 2 * 50);
        ConnectionSnapshot connection = Assert.Single(user.Connections);
        Assert.Equal((welcome.ConnectionId, new ClientId("tab-1"), welcome.ServerTime), (connection.Id, connection.Client, connection.ConnectedAt));
        Assert.Equal((HealthState.Healthy, 100, true, null), (connection.State, connection.HealthScore, connection.IsHealthy, connection.RoundTrip));
        RunSnapshot open = Assert.Single(user.OpenRuns);
        Assert.Equal((run.RunId, new ThreadId("t"), "researcher", TimeSpan.FromSeconds(5)), (open.Id, open.Thread, open.Agent, open.Duration));
        Assert.Equal(["search"], open.OpenTools);
        Assert.Null(Of(realtime).FindUser(RealtimeHarness.Bob));
    }

    [Fact]
    public async Task FindUser_WithAPeerThatDoesNotRead_ShowsWhatWaits()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        client.Transport.Stall();

        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("note", new string('x', 5_000));

        Assert.InRange(Of(realtime).FindUser(RealtimeHarness.Alice)!.Connections[0].PendingBytes, 5_000, 5_200);
    }

    [Fact]
    public async Task Disconnect_OfAUser_ClosesAllOfItsConnectionsAndNobodyElses()
    {
        await using RealtimeHarness realtime = new();
        FakeClient one = await StartAsync(realtime, RealtimeHarness.Alice);
        FakeClient two = await StartAsync(realtime, RealtimeHarness.Alice);
        FakeClient namesake = await StartAsync(realtime, AliceOfAcme);

        Assert.Equal(2, Of(realtime).DisconnectUser(RealtimeHarness.Alice, new Disconnection { Reason = "Maintenance at noon." }));

        Assert.Equal((4400, "Maintenance at noon."), await one.Transport.Closed.OrFail());
        Assert.Equal((4400, "Maintenance at noon."), await two.Transport.Closed.OrFail());
        Assert.Equal(0, Of(realtime).DisconnectUser(RealtimeHarness.Alice));
        Assert.Equal(0, Of(realtime).DisconnectUser(RealtimeHarness.Bob));
        await namesake.RoundTripAsync();
        Assert.Equal(1, realtime.Registry.Places.Taken);
    }

    [Fact]
    public async Task Disconnect_OfAClient_LeavesTheOthersOfTheUser()
    {
        await using RealtimeHarness realtime = new();
        FakeClient phone = realtime.ConnectAs("phone");
        FakeClient laptop = realtime.ConnectAs("laptop");
        FakeClient nameless = realtime.Connect();
        FakeClient other = realtime.ConnectAs("phone", RealtimeHarness.Bob);
        foreach (FakeClient client in new[] { phone, laptop, nameless, other })
        {
            await client.StartedAsync();
        }

        Assert.True(Of(realtime).DisconnectClient(RealtimeHarness.Alice, new ClientId("phone"), new Disconnection { MayComeBack = false }));
        Assert.False(Of(realtime).DisconnectClient(RealtimeHarness.Alice, new ClientId("phone")));

        Assert.Equal((4500, "revoked"), await phone.Transport.Closed.OrFail());
        await laptop.RoundTripAsync();
        await nameless.RoundTripAsync();
        await other.RoundTripAsync();
        FakeClient again = realtime.ConnectAs("phone"); // it was told to stay away, and nothing more
        await again.StartedAsync();
    }

    [Fact]
    public async Task Disconnect_OfAConnection_IsOnceAndOfThatOne()
    {
        await using RealtimeHarness realtime = new();
        FakeClient one = realtime.Connect();
        ConnectionId id = (await one.StartedAsync()).Welcome.ConnectionId;
        FakeClient two = await StartAsync(realtime, RealtimeHarness.Alice);

        Assert.True(Of(realtime).DisconnectConnection(id));
        Assert.False(Of(realtime).DisconnectConnection(id));
        Assert.False(Of(realtime).DisconnectConnection(ConnectionId.New()));

        Assert.Equal((4400, "disconnected"), await one.Transport.Closed.OrFail());
        await two.RoundTripAsync();
    }

    [Fact]
    public async Task Disconnect_FromThenOn_NothingIsDelivered()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartAsync(realtime, RealtimeHarness.Alice);

        Of(realtime).DisconnectUser(RealtimeHarness.Alice);

        Assert.Equal(EmitStatus.Buffered, realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("late", 1).Status);
        await client.EndedAsync();
    }

    [Fact]
    public async Task Revoke_UntilRestored_ClosesAndRefuses()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartAsync(realtime, RealtimeHarness.Alice);

        Assert.Equal(1, Of(realtime).Revoke(RealtimeHarness.Alice));
        Assert.Equal(0, Of(realtime).Revoke(RealtimeHarness.Alice));

        Assert.Equal((4500, "revoked"), await client.Transport.Closed.OrFail());
        FakeClient refused = realtime.Connect();
        Assert.Equal(CloseReason.Revoked, await refused.EndedAsync());
        Assert.Equal((0, 1), (realtime.Registry.Places.Taken, Of(realtime).GetStats().RevokedUsers));
        await StartAsync(realtime, AliceOfAcme);
        Assert.True(Of(realtime).Restore(RealtimeHarness.Alice));
        Assert.False(Of(realtime).Restore(RealtimeHarness.Alice));
        await StartAsync(realtime, RealtimeHarness.Alice);
    }

    [Fact]
    public async Task Revoke_RacingConnects_LeavesNobodyIn()
    {
        await using RealtimeHarness realtime = new(options => (options.Limits.MaxConnections, options.Limits.MaxConnectionsPerUser) = (1_000, 1_000));
        IRealtimeAdministration administration = Of(realtime);
        for (int round = 0; round < 50; round++)
        {
            UserId user = UserId.Create($"user-{round}");
            using Barrier barrier = new(5);
            Task<FakeClient>[] connects = [.. Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    barrier.SignalAndWait();
                    return realtime.Connect(user);
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default))];

            barrier.SignalAndWait();
            administration.Revoke(user);

            foreach (Task<FakeClient> connect in connects)
            {
                Assert.Equal(CloseReason.Revoked, await (await connect.OrFail()).EndedAsync());
            }
        }

        Assert.Equal((0, 0), (realtime.Registry.Places.Taken, realtime.Registry.Count));
    }

    [Fact]
    public async Task Revoke_OfNobody_IsAMistake()
    {
        await using RealtimeHarness realtime = new();

        Assert.Throws<ArgumentException>(() => Of(realtime).Revoke(default));
    }

    [Theory]
    [InlineData(51, true)]
    [InlineData(50, false)]
    [InlineData(null, null)]
    public void ConnectionSnapshot_Score_IsHealthyAbove50(int? score, bool? expected)
    {
        ConnectionSnapshot connection = new() { Id = ConnectionId.New(), ConnectedAt = default, PendingBytes = 0, HealthScore = score };

        Assert.Equal(expected, connection.IsHealthy);
    }

    [Fact]
    public async Task Revoked_Newcomers_AreCounted()
    {
        await using RealtimeHarness realtime = new();
        using ConnectionTests.MetricProbe rejected = new(realtime, "netra.realtime.connections.rejected");
        Of(realtime).Revoke(RealtimeHarness.Alice);

        await realtime.Connect().EndedAsync();

        Assert.Equal(1, rejected.Sum);
    }

    // 123 bytes fit behind the code; 124 do not. A character may take three of them.
    [Theory]
    [InlineData(123, 'x', true)]
    [InlineData(124, 'x', false)]
    [InlineData(41, '\u20AC', true)]
    [InlineData(42, '\u20AC', false)]
    [InlineData(1, '\n', false)]
    [InlineData(1, '\uD800', false)]
    public void Disconnection_Reason_IsWhatACloseFrameTakes(int count, char character, bool fits)
    {
        string reason = new(character, count);

        Assert.Equal(fits, Record.Exception(() => new Disconnection { Reason = reason }) is null);
    }

    [Fact]
    public async Task GetStats_EachFigure_Moves()
    {
        await using RealtimeHarness realtime = new(options => options.Heartbeat.Interval = TimeSpan.FromSeconds(10));
        _ = realtime.Heartbeat;
        FakeClient client = await StartAsync(realtime, RealtimeHarness.Alice);
        using RunEmitterScope run = new(realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("researcher"));
        realtime.Services.GetRequiredService<RealtimeRooms>().Join(RealtimeHarness.Bob, new RoomId("lobby"));
        FakeClient lost = await StartAsync(realtime, RealtimeHarness.Bob);
        lost.Transport.Cut();
        await lost.EndedAsync();
        for (int i = 0; i < 51; i++)
        {
            realtime.Time.Advance(TimeSpan.FromSeconds(0.2));
            realtime.Heartbeat.Tick();
        }

        await client.RoundTripAsync();

        RealtimeStats stats = Of(realtime).GetStats();
        Assert.Equal((1, 1, 100, 1), (stats.Connections, stats.PlacesTaken, stats.MaxConnections, stats.ConnectionsDropped));
        Assert.Equal((2, 0, 1, 1), (stats.Users, stats.RevokedUsers, stats.OpenRuns, stats.Rooms));
        Assert.Equal((0, 0, 0, 0, 0), (stats.EventsUndelivered, stats.EventsSuperseded, stats.ConnectionsReset, stats.ConnectionsOverrun, stats.IsolationViolations));
        Assert.True(stats.LogBytes > 0);
        Assert.Equal((PressureStage.Normal, 0), (stats.Pressure.Stage, stats.EventsShed));
        Assert.False(stats.IsStopping);
        Assert.Equal((1, 1, 0, 0, 0), (stats.Heartbeat!.PingsSent, stats.Heartbeat.PongsReceived, stats.Heartbeat.TimeoutsDetected, stats.Heartbeat.Resurrections, stats.Heartbeat.Stalls));
        Assert.NotNull(stats.Heartbeat.AveragePing);
        run.Dispose();
        Assert.Equal(0, Of(realtime).GetStats().OpenRuns);
    }

    private static IRealtimeAdministration Of(RealtimeHarness realtime) => realtime.Services.GetRequiredService<IRealtimeAdministration>();

    private static async Task<FakeClient> StartAsync(RealtimeHarness realtime, UserId user)
    {
        FakeClient client = realtime.Connect(user);
        await client.StartedAsync();
        return client;
    }

    private sealed class RunEmitterScope(RunEmitter run) : IDisposable
    {
        public void Dispose() => run.Complete();
    }
}
