using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

public sealed class ConnectionHooksTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Hooks_OfOneConnection_AreCalledOnceInOrderWithWhatItWas()
    {
        ConcurrentQueue<(string Hook, ConnectionInfo Info, CloseReason? Reason)> calls = new();
        await using RealtimeHarness realtime = new(build: builder => builder
            .OnConnected((info, _) => Add(calls, ("connected", info, null)))
            .OnDisconnected((info, reason, _) => Add(calls, ("disconnected", info, reason))));
        FakeClient client = realtime.ConnectAs("tab-1");
        WelcomeMessage welcome = (await client.StartedAsync()).Welcome;

        client.Transport.ClientClose();
        await client.EndedAsync();
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();

        ConnectionInfo expected = new(welcome.ConnectionId, RealtimeHarness.Alice, new ClientId("tab-1"), welcome.ServerTime);
        Assert.Equal([("connected", expected, null), ("disconnected", expected, CloseReason.Normal)], calls);
    }

    [Fact]
    public async Task Disconnected_WhileConnectedStillRuns_WaitsForItAndTheConnectionForNeither()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ConcurrentQueue<string> calls = new();
        await using RealtimeHarness realtime = new(build: builder => builder
            .OnConnected(async (_, _) =>
            {
                await gate.Task;
                calls.Enqueue("connected");
            })
            .OnDisconnected((_, _, _) => Add(calls, "disconnected")));
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        await client.RoundTripAsync();
        client.Transport.Cut();
        await client.EndedAsync();
        Assert.Equal((0, 0), (realtime.Registry.Count, realtime.Registry.Places.Taken));
        Assert.Empty(calls);

        gate.SetResult();
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();

        Assert.Equal(["connected", "disconnected"], calls);
    }

    [Fact]
    public async Task Hook_ThatThrows_CostsNothingElse()
    {
        ConcurrentQueue<string> calls = new();
        await using RealtimeHarness realtime = new(build: builder => builder
            .OnConnected((_, _) => throw new InvalidOperationException("the application's fault"))
            .OnConnected((_, _) => Add(calls, "second"))
            .OnDisconnected((_, _, _) => Task.FromException(new InvalidOperationException("the application's fault")))
            .OnDisconnected((_, _, _) => Add(calls, "last")));
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        await client.RoundTripAsync();

        client.Transport.ClientClose();
        Assert.Equal(CloseReason.Normal, await client.EndedAsync());
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();

        Assert.Equal(["second", "last"], calls);
    }

    [Fact]
    public async Task Hook_ThatThrowsIntoALoggerThatThrows_LeavesNoOtherOut()
    {
        ConcurrentQueue<string> calls = new();
        await using RealtimeHarness realtime = new(build: builder =>
        {
            builder.Services.AddSingleton<Microsoft.Extensions.Logging.ILoggerFactory>(new LogProbe(1009));
            builder
                .OnConnected((_, _) => throw new InvalidOperationException("the application's fault"))
                .OnConnected((_, _) => Add(calls, "second"))
                .OnDisconnected((_, _, _) => Add(calls, "last"));
        });
        FakeClient client = realtime.Connect();
        await client.StartedAsync();

        client.Transport.ClientClose();
        await client.EndedAsync();
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();

        Assert.Equal(["second", "last"], calls);
    }

    [Fact]
    public async Task Hook_EachCall_HasAScopeOfItsOwn()
    {
        ConcurrentBag<Scoped> seen = [];
        await using RealtimeHarness realtime = new(build: builder =>
        {
            builder.Services.AddScoped<Scoped>();
            builder.OnConnected((_, services) => Keep(services)).OnConnected((_, services) => Keep(services));
        });
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();

        Assert.Equal(2, seen.Distinct().Count());
        Assert.All(seen, scoped => Assert.True(scoped.IsDisposed));

        Task Keep(IServiceProvider services)
        {
            Scoped scoped = services.GetRequiredService<Scoped>();
            Assert.False(scoped.IsDisposed);
            seen.Add(scoped);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Hooks_OfARefusedNewcomer_AreNotCalled()
    {
        ConcurrentQueue<string> calls = new();
        await using RealtimeHarness realtime = new(
            options => options.Limits.MaxConnections = 1,
            builder => builder
                .OnConnected((info, _) => Add(calls, info.User.Value))
                .OnDisconnected((info, _, _) => Add(calls, info.User.Value))
                .OnUserWentOffline((user, _) => Add(calls, user.Value)));
        await realtime.Connect().StartedAsync();

        FakeClient refused = realtime.Connect(RealtimeHarness.Bob);
        await refused.EndedAsync();
        realtime.Time.Advance(TimeSpan.FromHours(1));
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();

        Assert.Equal(["alice"], calls);
    }

    [Fact]
    public async Task Stop_OfTheHost_WaitsForTheHooksOfWhoLeavesAndNobodyGoesOffline()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ConcurrentQueue<string> calls = new();
        await using RealtimeHarness realtime = new(build: builder => builder
            .OnDisconnected(async (_, reason, _) =>
            {
                await gate.Task;
                calls.Enqueue(reason.Reason);
            })
            .OnUserWentOffline((user, _) => Add(calls, user.Value)));
        FakeClient client = realtime.Connect();
        await client.StartedAsync();

        Task stop = realtime.Connections.StopAsync(CancellationToken.None);
        await client.EndedAsync();
        Assert.False(stop.IsCompleted);
        gate.SetResult();
        await stop.OrFail();

        Assert.Equal(["service restart"], calls);
        realtime.Time.Advance(TimeSpan.FromHours(1));
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();
        Assert.Single(calls);
    }

    // It waits for a peer that does not answer its close, for longer than the grace of those who have left.
    [Fact]
    public async Task Stop_ThatTakesLongerThanTheGrace_TellsNobodyOffline()
    {
        ConcurrentQueue<UserId> offline = new();
        await using RealtimeHarness realtime = new(
            options => options.Heartbeat.OfflineAfter = TimeSpan.FromSeconds(1), builder => builder.OnUserWentOffline((user, _) => Add(offline, user)));
        FakeClient answers = realtime.Connect();
        await answers.StartedAsync();
        FakeClient silent = realtime.Connect(RealtimeHarness.Bob, answersClose: false);
        await silent.StartedAsync();

        Task stop = realtime.Connections.StopAsync(CancellationToken.None);
        await answers.EndedAsync();
        await realtime.AdvanceUntilAsync(stop, TimeSpan.FromSeconds(0.5));
        realtime.Time.Advance(TimeSpan.FromHours(1));
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();

        Assert.Empty(offline);
    }

    [Fact]
    public async Task User_WithoutConnectionsForTheGrace_WentOfflineOnce()
    {
        ConcurrentQueue<UserId> offline = new();
        await using RealtimeHarness realtime = Watching(offline);
        FakeClient one = realtime.Connect();
        FakeClient two = realtime.Connect();
        await one.StartedAsync();
        await two.StartedAsync();
        await LeaveAsync(one);
        realtime.Time.Advance(TimeSpan.FromHours(1)); // the other is still there
        await LeaveAsync(two);

        realtime.Time.Advance(Grace - TimeSpan.FromMilliseconds(1));
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();
        Assert.Empty(offline);
        realtime.Time.Advance(TimeSpan.FromMilliseconds(1));
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();
        Assert.Equal([RealtimeHarness.Alice], offline);

        realtime.Time.Advance(TimeSpan.FromHours(1));
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();
        Assert.Single(offline);
    }

    [Fact]
    public async Task User_WhoComesBackWithinTheGrace_DidNotGoOffline()
    {
        ConcurrentQueue<UserId> offline = new();
        await using RealtimeHarness realtime = Watching(offline);
        FakeClient client = realtime.Connect();
        await client.StartedAsync();

        for (int i = 0; i < 5; i++)
        {
            await LeaveAsync(client);
            realtime.Time.Advance(Grace - TimeSpan.FromMilliseconds(1));
            client = realtime.Connect();
            await client.StartedAsync();
        }

        realtime.Time.Advance(TimeSpan.FromHours(1));
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();
        Assert.Empty(offline);
        await LeaveAsync(client);
        realtime.Time.Advance(Grace);
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();
        Assert.Single(offline);
    }

    // Its grace begins anew, and the old place in the queue says nothing.
    [Fact]
    public async Task User_WhoLeavesAgainWithinTheGrace_HasTheWholeGraceFromThen()
    {
        ConcurrentQueue<UserId> offline = new();
        await using RealtimeHarness realtime = Watching(offline);
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        await LeaveAsync(client);
        realtime.Time.Advance(TimeSpan.FromSeconds(6));
        client = realtime.Connect();
        await client.StartedAsync();
        await LeaveAsync(client);

        realtime.Time.Advance(TimeSpan.FromSeconds(9.999));
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();
        Assert.Empty(offline);
        realtime.Time.Advance(TimeSpan.FromMilliseconds(1));
        await realtime.Registry.Hooks.WhenIdleAsync().OrFail();
        Assert.Single(offline);
    }

    [Fact]
    public async Task Users_WhoLeaveOneAfterTheOther_GoOfflineEachAtItsTime()
    {
        ConcurrentQueue<UserId> offline = new();
        await using RealtimeHarness realtime = Watching(offline);
        for (int i = 0; i < 5; i++)
        {
            FakeClient client = realtime.Connect(UserId.Create($"user-{i}"));
            await client.StartedAsync();
            await LeaveAsync(client);
            realtime.Time.Advance(TimeSpan.FromSeconds(1));
        }

        List<int> seen = [];
        for (int second = 5; second < 20; second++)
        {
            await realtime.Registry.Hooks.WhenIdleAsync().OrFail();
            seen.Add(offline.Count);
            realtime.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5], seen);
    }

    // One place in the queue, whatever the user does meanwhile.
    [Fact]
    public void OfflineWatch_OneUserComesAndGoesManyTimes_WaitsOnceAndForTheWholeGrace()
    {
        FakeTimeProvider time = new();
        int offline = 0;
        using OfflineWatch watch = new(Grace, time, _ => offline++);

        for (int i = 0; i < 10_000; i++)
        {
            watch.Enter(RealtimeHarness.Alice);
            watch.Leave(RealtimeHarness.Alice);
            time.Advance(TimeSpan.FromMilliseconds(3));
            Assert.Equal(1, watch.Waiting);
        }

        time.Advance(Grace - TimeSpan.FromMilliseconds(4));
        Assert.Equal(0, offline);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((1, 0, 0), (offline, watch.Count, watch.Waiting));
    }

    [Fact]
    public void OfflineWatch_ManyComeAndGo_KeepsOnlyWhoIsThere()
    {
        FakeTimeProvider time = new();
        int offline = 0;
        using OfflineWatch watch = new(Grace, time, _ => offline++);
        UserId stays = UserId.Create("stays");
        watch.Enter(stays);

        for (int i = 0; i < 10_000; i++)
        {
            UserId user = UserId.Create($"user-{i}");
            watch.Enter(user);
            watch.Leave(user);
        }

        time.Advance(Grace);
        Assert.Equal((10_000, 1), (offline, watch.Count));
        watch.Leave(stays);
        time.Advance(Grace);
        Assert.Equal((10_001, 0), (offline, watch.Count));
    }

    private static RealtimeHarness Watching(ConcurrentQueue<UserId> offline) => new(
        options => options.Heartbeat.OfflineAfter = Grace, builder => builder.OnUserWentOffline((user, _) => Add(offline, user)));

    private static Task Add<T>(ConcurrentQueue<T> calls, T call)
    {
        calls.Enqueue(call);
        return Task.CompletedTask;
    }

    private static async Task LeaveAsync(FakeClient client)
    {
        client.Transport.ClientClose();
        await client.EndedAsync();
    }

    private sealed class Scoped : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
