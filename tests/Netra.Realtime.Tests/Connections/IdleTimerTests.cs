using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

/// <summary>A host has one timer, the sweep. A connection has one only while something of it has a deadline.</summary>
public sealed class IdleTimerTests
{
    private const int Connections = 1_000;

    [Fact]
    public async Task Connections_AThousandThatAreIdle_HaveNoTimerOfTheirOwn()
    {
        TimerCounter time = new();
        await using RealtimeHarness realtime = On(time);
        realtime.Sweeper.Start();
        Assert.Equal(1, time.Created);
        for (int i = 0; i < Connections; i++)
        {
            UserId user = UserId.Create($"user-{i}");
            FakeClient client = realtime.Connect(user);
            await client.StartedAsync();
            realtime.Emitters.CreateFor(user).Emit("note", i);
            await client.NextAsync<CustomEvent>();
            await client.RoundTripAsync();
        }

        Assert.Equal((Connections, 1), (realtime.Registry.Count, time.Created));
    }

    [Fact]
    public async Task Connection_WhoseFlushesHang_HasOneTimerForAllOfThem()
    {
        TimerCounter time = new();
        await using RealtimeHarness realtime = On(time);
        FakeClient client = realtime.Connect();
        await client.StartedAsync();

        for (int i = 0; i < 10; i++)
        {
            client.Transport.Stall();
            realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("slow", i);
            client.Transport.Resume();
            await client.NextAsync<CustomEvent>();
            await client.RoundTripAsync();
        }

        Assert.Equal(1, time.Created);
    }

    private static RealtimeHarness On(TimerCounter time) => new(
        options => (options.Limits.MaxConnections, options.Limits.MaxConnectionsPerUser) = (Connections, Connections),
        builder => builder.Services.AddSingleton<TimeProvider>(time));

    private sealed class TimerCounter : FakeTimeProvider
    {
        private int _created;

        public int Created => Volatile.Read(ref _created);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _created);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
