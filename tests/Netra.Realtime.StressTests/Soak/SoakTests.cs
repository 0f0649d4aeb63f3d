using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.StressTests.Cycles;
using Netra.Realtime.StressTests.Sockets;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.StressTests.Soak;

/// <summary>2,000 users come, live and leave, tide after tide: a minute usually, 20 by <c>NETRA_LONG_TESTS=1</c>, any number by <c>NETRA_SOAK_MINUTES</c>.</summary>
/// <remarks>
/// Everything is of one seed, which is printed; <c>NETRA_STRESS_SEED</c> sets it. At the end of each tide nobody is left, and so nothing: the indices are
/// empty and the heap is weighed. How things interleave is the scheduler's.
/// </remarks>
public sealed class SoakTests(ITestOutputHelper output)
{
    private const int Users = 2_000;
    private const int OnSockets = 100;
    private const int MaxConnections = 6_500;

    // Of the second half (by default: the last of three tides): a megabyte of noise, and 50 bytes a connection. The least that a connection could leave is some 200.
    private const long NoiseBytes = 1024 * 1024;
    private const int MaxBytesPerConnection = 50;

    private static readonly TimeSpan ShortestTide = TimeSpan.FromSeconds(3);

    private static readonly double Minutes =
        double.TryParse(Environment.GetEnvironmentVariable("NETRA_SOAK_MINUTES"), CultureInfo.InvariantCulture, out double given) ? given : LongTests.Times(1, 20);

    private readonly SoakCounts _counts = new();
    private int _mostOpen;

    [Fact]
    public async Task Soak_TwoThousandUsersTideAfterTide_KeepsEveryPromiseAndLeavesNothingBehind()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("NETRA_STRESS_SEED"), CultureInfo.InvariantCulture, out int wanted) ? wanted : Random.Shared.Next();
        output.WriteLine($"NETRA_STRESS_SEED={seed} NETRA_SOAK_MINUTES={Minutes.ToString(CultureInfo.InvariantCulture)}");
        LoudLog log = new();
        await using SocketServer server = await SocketServer.StartAsync(Configure, log: log);
        using MetricTotals totals = new(server.Services);
        await FillMemoryOfTheGoneAsync(server);
        long undeliveredBefore = CountersOf(server).Undelivered;

        output.WriteLine($"before, with all who are gone remembered: {Weighing.Take(0)}");

        int tides = Math.Max(3, (int)(Minutes * 2));
        List<Weighing> weighings = [];
        Stopwatch watch = Stopwatch.StartNew();
        for (int tide = 1; tide <= tides; tide++)
        {
            await RunTideAsync(server, totals, unchecked((seed * 397) + tide), tide, TimeSpan.FromMinutes(Minutes * tide / tides) - watch.Elapsed);
            weighings.Add(Weighing.Take((int)totals["netra.realtime.connections.closed"]));
            output.WriteLine($"{watch.Elapsed.TotalSeconds:F0} s, connections, heap, resident: {weighings[^1]}");
        }

        output.WriteLine($"{_counts}{Environment.NewLine}at most {_mostOpen} connections at once{Environment.NewLine}{totals}");
        Assert.True(_counts.HasSeenAll, $"{_counts}");
        Assert.InRange(_mostOpen, Users, MaxConnections);
        Assert.Empty(log.Lines);
        CheckZeros(totals);
        CheckCloses(totals);
        Assert.InRange(CountersOf(server).Undelivered - undeliveredBefore, 0, _counts.NeverHandled);
        CheckHeap(weighings[(tides - 1) / 2], weighings[^1]);
    }

    private static void Configure(RealtimeOptions options)
    {
        options.Limits.MaxConnections = MaxConnections;
        options.Limits.MaxConnectionsPerUser = SoakUser.MaxConnections;
        options.Heartbeat.Interval = TimeSpan.FromSeconds(2);
        options.Heartbeat.Timeout = TimeSpan.FromSeconds(20);
        options.Heartbeat.Missed = 8; // a pong of a client in the same, busy process is waited for longer than any in the world
        options.Heartbeat.SweepInterval = TimeSpan.FromSeconds(2);
        options.Delivery.SendTimeout = TimeSpan.FromSeconds(0.4); // 1.8 s in all, before the heartbeat
        options.Delivery.CloseTimeout = TimeSpan.FromSeconds(1);
        options.Retention.MaxEvents = 30; // little enough to fall out of
        options.Retention.RetiredFor = TimeSpan.FromSeconds(1);
    }

    // What is remembered of users who are gone has a bound: at the bound it grows no more, and the heap says something.
    private static async Task FillMemoryOfTheGoneAsync(SocketServer server)
    {
        EventEmitterFactory emitters = server.Services.GetRequiredService<EventEmitterFactory>();
        for (int i = 0; i < 17 * MaxConnections; i++)
        {
            emitters.CreateFor(UserId.Create($"gone-{i}")).Emit("hello", i);
        }

        await UntilEmptyAsync(server);
    }

    private async Task RunTideAsync(SocketServer server, MetricTotals totals, int seed, int tide, TimeSpan length)
    {
        SoakUser[] users = [.. Enumerable.Range(0, Users).Select(i => new SoakUser(server, UserId.Create($"user-{tide}-{i}"), unchecked((seed * 397) ^ i), i < OnSockets, _counts))];
        length = length > ShortestTide ? length : ShortestTide;
        using CancellationTokenSource late = new(length / 4);
        using CancellationTokenSource ebb = new(length);
        await Task.WhenAll(users.Select(user => user.ComeAsync()));
        Assert.InRange(server.Services.GetRequiredService<ConnectionRegistry>().Count, Users, MaxConnections);
        using CancellationTokenSource over = new();
        Task watching = WatchAsync(server, totals, tide, over.Token);
        await Task.WhenAll(users.Select(user => user.LiveAsync(late.Token, ebb.Token)));
        await over.CancelAsync();
        await watching;
        await UntilEmptyAsync(server);
    }

    // What holds at every moment.
    private async Task WatchAsync(SocketServer server, MetricTotals totals, int tide, CancellationToken over)
    {
        ConnectionRegistry registry = server.Services.GetRequiredService<ConnectionRegistry>();
        while (!over.IsCancellationRequested)
        {
            _mostOpen = Math.Max(_mostOpen, registry.Count);
            Assert.InRange(registry.Places.Taken, 0, MaxConnections);
            for (int i = 0; i < Users; i++)
            {
                Assert.InRange(CursorsOf(registry.Sessions, UserId.Create($"user-{tide}-{i}")), 0, SoakUser.MaxConnections);
            }

            CheckZeros(totals);
            await Task.Delay(TimeSpan.FromMilliseconds(250), over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static int CursorsOf(SessionDirectory sessions, UserId user)
    {
        if (sessions.Find(user) is not { } session)
        {
            return 0;
        }

        lock (session.Gate)
        {
            return session.Log.CursorsLocked.Count(cursor => cursor.IsAttached); // one that has left is there until its last flush is over
        }
    }

    private static void CheckZeros(MetricTotals totals)
    {
        Assert.Equal(0, totals["netra.realtime.isolation.violations"]);
        Assert.Equal(0, totals["netra.realtime.connections.closed 1011"]);
        Assert.Equal(0, totals["netra.realtime.connections.closed 1002"]);
    }

    // Whoever provoked it was closed so, and nobody else was: but for lines that had stalled, where the server may see that before the newer line.
    private void CheckCloses(MetricTotals totals)
    {
        long Closed(int code) => totals[$"netra.realtime.connections.closed {code}"];
        Assert.Equal((_counts.Floods, _counts.Binary, _counts.OverLimit), (Closed(4429), Closed(1003), Closed(1013)));
        Assert.InRange(Closed(4407), _counts.Ghosts, _counts.Ghosts + _counts.Cuts.Faults);
        Assert.InRange(Closed(4408), _counts.Stalled, _counts.Stalled + _counts.Cuts.Faults + _counts.Cuts.SlowConsumers);
        Assert.Equal(0, totals["netra.realtime.connections.open"]);
    }

    private static Diagnostics.LogCounters CountersOf(SocketServer server) => server.Services.GetRequiredService<SessionDirectory>().Pool.Counters;

    private static async Task UntilEmptyAsync(SocketServer server)
    {
        ConnectionRegistry registry = server.Services.GetRequiredService<ConnectionRegistry>();
        RoomDirectory rooms = server.Services.GetRequiredService<RoomDirectory>();
        await registry.WhenEmptyAsync().OrFail();
        Assert.Equal((0, 0, 0), (registry.Places.Taken, registry.Wheel.Count, registry.Refusing));
        await TestTimeout.UntilAsync(() => registry.Sessions.Count == 0);
        Assert.Equal((0, 0L), (rooms.Count, registry.Sessions.Pool.BytesInUse));
    }

    private void CheckHeap(Weighing halfway, Weighing end)
    {
        long bound = NoiseBytes + ((end.Cycles - halfway.Cycles) * MaxBytesPerConnection);
        output.WriteLine($"the second half: {end.BytesPerCycleSince(halfway):F1} bytes a connection, {end.HeapBytes - halfway.HeapBytes:N0} of at most {bound:N0}");
        Assert.InRange(end.HeapBytes - halfway.HeapBytes, long.MinValue, bound);
    }
}
