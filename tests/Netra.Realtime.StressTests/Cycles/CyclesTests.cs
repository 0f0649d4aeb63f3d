using System.Diagnostics;
using System.Net.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.StressTests.Sockets;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.StressTests.Cycles;

/// <summary>Users who are never seen again: each connects, joins a room of its own, gets an event and leaves. Nothing of them stays.</summary>
/// <remarks>
/// The bound is on the slope: what one more cycle leaves behind, after a warm-up that has filled what is bounded (pools, remembered
/// heads). The least that a connection could leave is an entry of a table and an object: some 200 bytes. The bound is half of that.
/// A pool that grows once more (some 250 KB were seen on sockets) does so in one half of the cycles, a leak in both: the lesser slope counts.
/// </remarks>
public sealed class CyclesTests(ITestOutputHelper output)
{
    private const int Batch = 100;

    // The remembered heads of evicted users are bounded by 16 times this, or times the connections if there may be more: the warm-up is longer.
    private const int MaxRetired = 32;

    [Fact]
    public async Task Cycles_TenThousandInMemory_LeaveNothingBehind()
    {
        await using RealtimeHarness realtime = new(Configure);

        await RunAsync(warmUp: 2_500, cycles: 10_000, maxBytesPerCycle: 100, realtime.Services, realtime.Time, async i =>
        {
            FakeClient client = realtime.Connect(UserId.Create($"user-{i}"));
            await client.StartedAsync();
            EventEmitterFactory emitters = realtime.Emitters;
            Join(realtime.Services, i);
            Assert.Equal(1, emitters.CreateFor(new RoomId($"room-{i}")).Emit("note", i).Members);
            Assert.Equal($"{i}", (await client.NextAsync<CustomEvent>()).Payload.GetRawText());
            Leave(realtime.Services, i);
            if (i % 3 == 0)
            {
                client.Transport.Cut();
            }
            else
            {
                client.Transport.ClientClose();
            }

            await client.EndedAsync();
        });
    }

    [Fact]
    public async Task Cycles_OnSockets_LeaveNothingBehind()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using SocketServer server = await SocketServer.StartAsync(Configure, time);
        EventEmitterFactory emitters = server.Services.GetRequiredService<EventEmitterFactory>();

        await RunAsync(warmUp: LongTests.Times(1_000, 2_500), cycles: LongTests.Times(3_000, 10_000), maxBytesPerCycle: 100, server.Services, time, async i =>
        {
            using ClientWebSocket socket = new();
            socket.Options.SetRequestHeader(SocketServer.UserHeader, $"user-{i}");
            await socket.ConnectAsync(new Uri($"ws://{server.EndPoint}/ws"), CancellationToken.None).OrFail();
            Assert.IsType<WelcomeMessage>(await NextAsync(socket));
            Join(server.Services, i);
            Assert.Equal(1, emitters.CreateFor(new RoomId($"room-{i}")).Emit("note", i).Members);
            ServerMessage? message;
            do
            {
                message = await NextAsync(socket);
            }
            while (message is CursorMessage);
            Assert.Equal($"{i}", Assert.IsType<CustomEvent>(message).Payload.GetRawText());
            Leave(server.Services, i);
            if (i % 3 == 0)
            {
                socket.Abort();
            }
            else
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None).OrFail();
            }
        });
    }

    private static void Configure(RealtimeOptions options)
    {
        options.Limits.MaxConnections = MaxRetired;
        options.Retention.MaxRetired = MaxRetired;
    }

    private static void Join(IServiceProvider services, int i) =>
        Assert.Equal(RoomJoinOutcome.Joined, services.GetRequiredService<RealtimeRooms>().Join(UserId.Create($"user-{i}"), new RoomId($"room-{i}")));

    // Every other membership ends with its user.
    private static void Leave(IServiceProvider services, int i) =>
        Assert.True(i % 2 == 0 || services.GetRequiredService<RealtimeRooms>().Leave(UserId.Create($"user-{i}"), new RoomId($"room-{i}")));

    private static async Task<ServerMessage?> NextAsync(ClientWebSocket socket)
    {
        byte[] buffer = new byte[4096]; // more than any message here
        ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).OrFail();
        return ServerMessageReader.Read(buffer.AsSpan(0, result.Count));
    }

    private async Task RunAsync(int warmUp, int cycles, double maxBytesPerCycle, IServiceProvider host, FakeTimeProvider time, Func<int, Task> cycleAsync)
    {
        using MetricTotals totals = new(host);
        Stopwatch watch = Stopwatch.StartNew();
        Weighing? warm = null;
        Weighing? halfway = null;
        output.WriteLine($"{Weighing.Take(0)}");
        for (int done = 0; done < warmUp + cycles; done += Batch)
        {
            if (done == warmUp)
            {
                output.WriteLine($"{warm = Weighing.Take(done)}");
            }

            for (int i = done; i < done + Batch; i++)
            {
                await cycleAsync(i);
            }

            await EmptyAsync(host, time);
            if (done + Batch == warmUp + (cycles / 2))
            {
                output.WriteLine($"{halfway = Weighing.Take(done + Batch)}");
            }
        }

        Weighing last = Weighing.Take(warmUp + cycles);
        double first = halfway!.BytesPerCycleSince(warm!); // both set on the way
        double second = last.BytesPerCycleSince(halfway);
        double slope = Math.Min(first, second);
        output.WriteLine($"{last}");
        output.WriteLine($"{first:F1} and {second:F1} bytes a cycle, {watch.Elapsed.TotalSeconds:F0} s");
        Assert.InRange(slope, double.MinValue, maxBytesPerCycle);
        Assert.Equal((0, 0), (totals["netra.realtime.connections.open"], totals["netra.realtime.isolation.violations"]));
        Assert.Equal(warmUp + cycles, totals["netra.realtime.connections.closed"]);
    }

    // All have left, and then nobody is remembered.
    private static async Task EmptyAsync(IServiceProvider host, FakeTimeProvider time)
    {
        ConnectionRegistry registry = host.GetRequiredService<ConnectionRegistry>();
        await registry.WhenEmptyAsync().OrFail();
        time.Advance(TimeSpan.FromSeconds(181));
        registry.Sessions.Sweep();
        Assert.Equal((0, 0, 0, 0), (registry.Count, registry.Places.Taken, registry.Wheel.Count, registry.Refusing));
        Assert.Equal((0, 0, 0L), (registry.Sessions.Count, host.GetRequiredService<RoomDirectory>().Count, registry.Sessions.Pool.BytesInUse));
    }
}
