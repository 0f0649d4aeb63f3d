using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Health;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Health;

/// <summary>The gauge of the log budget over real logs: 1 MiB for all, of which each event here takes 16 KiB.</summary>
public sealed class LogPressureTests : IAsyncLifetime
{
    private const int EventBytes = 16 * 1024;
    private const int AllEvents = 64;

    private readonly RealtimeHarness _realtime = new(options =>
    {
        options.Limits.MaxEventBytes = 32 * 1024;
        options.Retention.MaxBytes = 256 * 1024;
        options.Retention.TotalBytes = AllEvents * EventBytes;
        (options.Degradation.PoolQueueToRefuse, options.Degradation.PoolQueueToShed) = (0, 0);
        (options.Degradation.MemoryLoadToRefuse, options.Degradation.MemoryLoadToShed) = (0, 0);
    });

    private HostPressure Pressure => _realtime.Connections.Pressure;

    public Task InitializeAsync()
    {
        _realtime.Sweeper.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _realtime.DisposeAsync();

    [Fact]
    public async Task Logs_OfConnectedUsers_RaiseTheStagesAndRecoverWhenTheyAreTooOld()
    {
        await ConnectAsync(Users(8));
        Fill(Users(8), 7); // 56 of 64: 0.875
        Sample();
        Assert.Equal((PressureStage.Normal, 56), (Pressure.Stage, Held()));

        Fill(Users(3), 1); // 59: 0.92
        Sample();
        Assert.Equal((PressureStage.RefusingNewConnections, PressureGauge.LogBudget), (Pressure.Stage, Pressure.Latest.Gauge));
        Assert.True(_realtime.Emitters.CreateFor(Users(1)[0]).Emit("state", 1, EmitOptions.Volatile).IsInLog);

        Fill(Users(3), 1); // 62: 0.97
        Sample();
        Assert.Equal(PressureStage.Shedding, Pressure.Stage);
        Assert.Equal(EmitRefusal.Shed, _realtime.Emitters.CreateFor(Users(1)[0]).Emit("state", 1, EmitOptions.Volatile).Refusal);
        Assert.True(_realtime.Emitters.CreateFor(Users(1)[0]).Emit("fact", 1).IsInLog);

        _realtime.Time.Advance(TimeSpan.FromSeconds(211)); // retained for 180 s, swept each 30 s
        Sample();
        Assert.Equal((PressureStage.Normal, 0), (Pressure.Stage, Held()));
        Assert.True(_realtime.Emitters.CreateFor(Users(1)[0]).Emit("state", 1, EmitOptions.Volatile).IsInLog);
    }

    [Fact]
    public async Task Logs_OfUsersWhoAreAway_GiveWayAndAreNoPressure()
    {
        await ConnectAsync(Users(1));
        Fill(Users(1), 10);
        Fill(Users(11)[1..], 5); // 60: 0.94
        Assert.Equal(60, Held());

        Sample();

        // The largest first, each as a whole, down to 0.81 of 64.
        Assert.Equal((PressureStage.Normal, 50), (Pressure.Stage, Held()));
        Assert.Equal(10, _realtime.Emitters.CreateFor(Users(1)[0]).ReadLog().Events.Count);
    }

    [Fact]
    public async Task Logs_OfUsersWhoLeaveWhileItIsRaised_GiveWayBelowTheThresholdToo()
    {
        List<FakeClient> clients = await ConnectAsync(Users(8));
        Fill(Users(8), 7);
        Fill(Users(3), 1); // 59: 0.92
        Sample();
        Assert.Equal(PressureStage.RefusingNewConnections, Pressure.Stage);

        foreach (FakeClient client in clients[3..])
        {
            client.Transport.ClientClose();
            await client.EndedAsync();
        }

        _realtime.Sessions.Find(Users(8)[^1])!.DropLog(); // as if it were too old
        Assert.Equal(52, Held()); // 0.8125: a new stage would need more, to leave the old one takes less

        Sample();

        // One more of those who left: 45 of 64 is 0.70.
        Assert.Equal((PressureStage.Normal, 45), (Pressure.Stage, Held()));
        Assert.All(Users(3), user => Assert.Equal(8, _realtime.Emitters.CreateFor(user).ReadLog().Events.Count));
    }

    private static UserId[] Users(int count) => [.. Enumerable.Range(0, count).Select(i => UserId.Create($"user-{i}"))];

    private async Task<List<FakeClient>> ConnectAsync(UserId[] users)
    {
        List<FakeClient> clients = [];
        foreach (UserId user in users)
        {
            FakeClient client = _realtime.Connect(user);
            await client.StartedAsync();
            clients.Add(client);
        }

        return clients;
    }

    // 12,000 characters take a block of 16 KiB.
    private void Fill(UserId[] users, int events)
    {
        foreach (UserId user in users)
        {
            for (int i = 0; i < events; i++)
            {
                Assert.True(_realtime.Emitters.CreateFor(user).Emit("fact", new string('x', 12_000)).IsInLog);
            }
        }
    }

    private int Held() => (int)(_realtime.Sessions.Pool.BytesInUse / EventBytes);

    private void Sample() => _realtime.Services.GetRequiredService<PressureMonitor>().Sample();
}
