using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.FunctionalTests.SystemCases;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>Many clients that read nothing: what they cost is what the configuration says, and the others get all of theirs.</summary>
[Collection(nameof(Case08CyclesTests))]
public sealed class StalledCrowdTests(ITestOutputHelper output)
{
    private const int LogBytes = 64 * 1024;
    private const long TotalBytes = 4 * 1024 * 1024;
    private const int Others = 10;

    private static readonly string Text = new('x', 8 * 1024);

    [Fact]
    public async Task Crowd_InMemory_TheLogsStayInTheirBudgetAndTheOthersGetAll()
    {
        int stalled = LongTests.Times(200, 10_000);
        long budget = Math.Max(TotalBytes, stalled * 4 * 1024); // far below what their logs could hold
        await using RealtimeHarness realtime = new(options => Configure(options, stalled + Others, budget));
        UserId[] slow = [.. Enumerable.Range(0, stalled).Select(i => UserId.Create($"slow-{i}"))];
        foreach (UserId user in slow)
        {
            realtime.Connect(user, stalled: true);
        }

        (UserId User, FakeClient Client)[] others = [.. Enumerable.Range(0, Others).Select(i => UserId.Create($"other-{i}")).Select(user => (user, realtime.Connect(user)))];
        foreach ((_, FakeClient client) in others)
        {
            await client.StartedAsync();
        }

        for (int round = 1; round <= 2 * LogBytes / Text.Length; round++)
        {
            foreach (UserId user in slow)
            {
                Assert.True(realtime.Emitters.CreateFor(user).Emit("note", Text).IsInLog);
            }

            foreach ((UserId user, FakeClient client) in others)
            {
                Assert.True(realtime.Emitters.CreateFor(user).Emit("note", round).IsInLog);
                Assert.Equal($"{round}", (await client.NextAsync<CustomEvent>()).Payload.GetRawText());
            }

            await WithinBudgetAsync(realtime.Sessions, budget);
        }

        Assert.Equal(Others, realtime.Registry.Places.Taken); // the others are all there is: each of the crowd was closed with 4408
        output.WriteLine($"{stalled} stalled, {realtime.Sessions.Pool.BytesInUse / 1024} KiB in the logs");
    }

    [Fact]
    public async Task Crowd_OnSockets_MemoryStaysBoundedAndTheOthersGetAll()
    {
        const int Stalled = 50;

        // What the pool keeps of one size of blocks (8 MiB), and for each socket that nobody reads what the web server buffers (64 KiB), one
        // batch, a receive buffer and the rest of a connection. Measured: 15 MiB. Emitted are 200 MiB.
        const long Bound = TotalBytes + (8 * 1024 * 1024) + (Stalled * 256 * 1024);
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.Options = options => Configure(options, Stalled + Others, TotalBytes);
            setup.Services = services => services.Configure<LoggerFilterOptions>(filter => filter.MinLevel = LogLevel.None);
        });
        SessionDirectory sessions = server.Services.GetRequiredService<SessionDirectory>();
        RawClient[] slow = await Task.WhenAll(Enumerable.Range(0, Stalled).Select(i => RawClient.OpenAsync(server, $"slow-{i}", receiveBufferBytes: 4096))).OrFail();
        TestClient[] others = await Task.WhenAll(Enumerable.Range(0, Others).Select(i => TestClient.ConnectAsync(server, $"other-{i}"))).OrFail();
        long before = GC.GetTotalMemory(forceFullCollection: true);

        long most = 0;
        for (int round = 1; round <= 500; round++)
        {
            for (int i = 0; i < Stalled; i++)
            {
                Assert.True(server.EmitterFor($"slow-{i}").Emit("note", Text).IsInLog);
            }

            for (int i = 0; i < Others; i++)
            {
                EmitResult emitted = server.EmitterFor($"other-{i}").Emit("note", round);
                Assert.Equal(emitted.EventId, (await others[i].NextEventAsync()).Id);
            }

            await WithinBudgetAsync(sessions, TotalBytes);
            most = round % 50 == 0 ? Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before) : most;
        }

        output.WriteLine($"{most / 1024} KiB more than before, {sessions.Pool.BytesInUse / 1024} KiB in the logs");
        Assert.InRange(most, long.MinValue, Bound);
        Assert.Equal(Others, server.Registry.Places.Taken);
        foreach (TestClient other in others)
        {
            Assert.Empty(await other.PingAsync());
            await other.DisposeAsync();
        }

        Array.ForEach(slow, client => client.Dispose());
    }

    private static void Configure(RealtimeOptions options, int connections, long budget)
    {
        options.Limits.MaxConnections = connections;
        options.Limits.MaxEventBytes = 16 * 1024;
        options.Retention.MaxBytes = LogBytes;
        options.Retention.TotalBytes = budget;
    }

    // The memory is freed on the pool, soon and not at once.
    private static async Task WithinBudgetAsync(SessionDirectory sessions, long budget)
    {
        using CancellationTokenSource net = new(TestTimeout.Net);
        while (sessions.Pool.BytesInUse > budget && !net.IsCancellationRequested)
        {
            sessions.HoldBudget(); // what came while it was being freed is looked at by the next event, or by the sweep
            await Task.Yield();
        }

        Assert.InRange(sessions.Pool.BytesInUse, 0, budget);
    }
}
