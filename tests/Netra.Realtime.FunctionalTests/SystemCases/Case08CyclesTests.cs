using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>By itself: it weighs the heap of the process, and others would be weighed with it.</summary>
[CollectionDefinition(nameof(Case08CyclesTests), DisableParallelization = true)]
public sealed class WeighsTheHeap;

/// <summary>A thousand times connect, send, receive, leave: zero records, flat memory, and a hundred others that notice nothing.</summary>
[Collection(nameof(Case08CyclesTests))]
public sealed class Case08CyclesTests(ITestOutputHelper output)
{
    private const int Alive = 100;
    private const int Cycles = 1_000;

    // 700 cycles lie between the two weighings. Measured: 0.2 to 0.6 MiB, the events that the logs keep while the clock stands still. A leak of
    // what a connection holds (its buffers are some 20 KiB) is above this bound; smaller ones show in the counts.
    private const long FlatBytes = 8 * 1024 * 1024;

    [Fact]
    public async Task Cycles_AThousandBesideAHundredConnections_LeaveNothingBehind()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.Options = options => options.Limits.MaxConnections = Alive + 1;
            setup.Services = services => services.AddSingleton<TimeProvider>(time).Configure<LoggerFilterOptions>(filter => filter.MinLevel = LogLevel.None);
        });
        using OpenConnections open = new(server);
        SessionDirectory sessions = server.Services.GetRequiredService<SessionDirectory>();
        TestClient[] alive = await Task.WhenAll(Enumerable.Range(0, Alive).Select(i => TestClient.ConnectAsync(server, $"alive-{i}"))).OrFail();

        await open.WhenAsync(Alive);

        long early = long.MaxValue;
        long late = long.MaxValue;
        for (int cycle = 1; cycle <= Cycles; cycle++)
        {
            await CycleAsync(server, $"user-{cycle % 10}", cycle);
            await open.WhenAsync(Alive);
            if (cycle % 50 == 0)
            {
                long bytes = GC.GetTotalMemory(forceFullCollection: true);
                output.WriteLine($"after {cycle}: {bytes / 1024} KiB");
                early = cycle is >= 100 and <= 200 ? Math.Min(early, bytes) : early;
                late = cycle >= 900 ? Math.Min(late, bytes) : late;
            }
        }

        Assert.InRange(late - early, long.MinValue, FlatBytes);
        Assert.Equal((Alive, Alive, (long)Alive), (server.Registry.Count, server.Registry.Places.Taken, open.Count));
        await ProveAliveAsync(server, alive);
        await Task.WhenAll(alive.Select(client => client.CloseAsync())).OrFail();
        await open.WhenAsync(0);
        time.Advance(TimeSpan.FromSeconds(181));
        sessions.Sweep();
        Assert.Equal((0, 0, 0), (server.Registry.Count, server.Registry.Places.Taken, server.Registry.Refusing));
        Assert.Equal((0, 0L), (sessions.Count, sessions.Pool.BytesInUse));
        await Task.WhenAll(alive.Select(client => client.DisposeAsync().AsTask())).OrFail();
    }

    private static async Task CycleAsync(RealtimeServer server, string user, int cycle)
    {
        await using TestClient client = await TestClient.ConnectAsync(server, user, "start=live");
        EmitResult emitted = server.EmitterFor(user).Emit("note", new { Cycle = cycle });
        Assert.Equal(emitted.EventId, (await client.NextEventAsync()).Id);
        Assert.Empty(await client.PingAsync());
        Assert.Equal(1000, (await client.CloseAsync()).Code);
    }

    private static async Task ProveAliveAsync(RealtimeServer server, TestClient[] alive)
    {
        for (int i = 0; i < alive.Length; i++)
        {
            server.EmitterFor($"alive-{i}").Emit("note", new { Owner = i });
            Assert.Equal($$"""{"owner":{{i}}}""", Assert.IsType<CustomEvent>(await alive[i].NextEventAsync()).Payload.GetRawText());
            Assert.Empty(await alive[i].PingAsync());
        }
    }
}
