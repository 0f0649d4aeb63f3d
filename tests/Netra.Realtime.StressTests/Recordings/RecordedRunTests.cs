using Netra.Realtime.StressTests.Sockets;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;
using Netra.Realtime.TestSupport.JavaScript;
using Xunit.Abstractions;

namespace Netra.Realtime.StressTests.Recordings;

/// <summary>2,000 events of all types through each client library, on lines that break at random bytes: what it handles is what was emitted.</summary>
/// <remarks>A failure names its seed.</remarks>
public sealed class RecordedRunTests(ITestOutputHelper output)
{
    private const int Events = 2_000;
    private const int MaxFaults = 1_000; // more than a recording takes: its lines break from its beginning to its end
    private const int MaxBytesToClient = 40_000;

    // Most of it is waiting: for lines that stall, and for processes that start.
    private const int SeedsAtOnce = 4;

    // Lines that say nothing cost time until a client gives them up: a few are enough.
    private static readonly FaultKind[] Kinds =
    [
        .. Enumerable.Repeat<FaultKind[]>([FaultKind.Close, FaultKind.Reset, FaultKind.HalfClose], 8).SelectMany(kinds => kinds), FaultKind.Trickle, FaultKind.Stall, FaultKind.HalfStall,
    ];

    // So that no event of a recording leaves the log, of however many seeds.
    private const int WideEvents = 10_000;

    private static readonly string[] Names = JavaScriptClient.Missing is null ? ["plain", ".NET", "JavaScript"] : ["plain", ".NET"];

    public static TheoryData<string> Clients { get; } = [.. Names];

    private static int Seeds => LongTests.Times(20, 500);

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Client_CutAtRandomBytes_HandlesWhatWasEmittedEachOnceInOrder(string client)
    {
        RecordedCounts counts = new();
        await using SocketServer server = await StartAsync(WideEvents);

        await ForEachSeedAsync(Seeds, async (seed, plan) =>
        {
            await using RecordedRun run = new(seed, server, plan, counts);
            await run.FollowAsync(FollowerOf(client), () => run.EmitAsync(Events));
        });

        output.WriteLine($"{counts}");
        Assert.Equal(0, counts.Resets);
        AssertBroken(counts);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Client_CutAtRandomBytesWithANarrowLog_IsToldOfEachEventThatItHasLost(string client)
    {
        RecordedCounts counts = new();
        await using SocketServer server = await StartAsync(maxEvents: 40);

        await ForEachSeedAsync(Seeds, async (seed, plan) =>
        {
            await using RecordedRun run = new(seed, server, plan, counts);
            await run.FollowAsync(FollowerOf(client), () => run.EmitAsync(Events, maxAtOnce: 60));
        });

        output.WriteLine($"{counts}");
        Assert.True(counts is { Resets: > 0, Skipped: > 0, Unfinished: 0 }, $"{counts}");
        AssertBroken(counts);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public Task Client_OfHostsThatComeAndGo_IsToldAndMissesNothing(string client) => RestartAsync(client, isCut: false);

    [Theory]
    [MemberData(nameof(Clients))]
    public Task Client_OfHostsThatComeAndGoCutAtRandomBytes_IsToldAndMissesNothingSilently(string client) => RestartAsync(client, isCut: true);

    private async Task RestartAsync(string client, bool isCut)
    {
        const int Restarts = 3;
        RecordedCounts counts = new();

        await ForEachSeedAsync(Seeds, async (seed, plan) =>
        {
            SocketServer server = await StartAsync(WideEvents);
            Random random = new(seed);
            await using RecordedRun run = new(seed, server, isCut ? plan : null, counts);
            await run.FollowAsync(FollowerOf(client), async () =>
            {
                for (int i = 0; i < Restarts; i++)
                {
                    await run.EmitAsync(random.Next(Events / Restarts));
                    server = await run.RestartAsync(server, () => StartAsync(WideEvents), dies: random.Next(2) == 0);
                }
                await run.EmitAsync(Events / Restarts);
            });
            await server.DisposeAsync();
        });

        output.WriteLine($"{counts}");
        Assert.True(counts.Resets >= Seeds && counts is { Interrupted: > 0, Unfinished: > 0 }, $"{counts}");
        Assert.True(isCut || counts.Skipped == 0, $"{counts}"); // a host that comes anew has everything that it emits still to deliver
    }

    // From the beginning to the end.
    private static void AssertBroken(RecordedCounts counts) => Assert.True(counts.Faults >= 10 * Seeds && counts.LateFaults >= 3 * Seeds, $"{counts}");

    private static Follower FollowerOf(string client) => client switch
    {
        ".NET" => ClientFollower.StartAsync,
        "JavaScript" => JavaScriptFollower.StartAsync,
        _ => PlainFollower.StartAsync,
    };

    private static async Task ForEachSeedAsync(int seeds, Func<int, FaultPlan, Task> run)
    {
        await Parallel.ForEachAsync(Enumerable.Range(1, seeds), new ParallelOptions { MaxDegreeOfParallelism = SeedsAtOnce }, async (seed, _) =>
        {
            FaultPlan plan = new(seed, MaxFaults, MaxBytesToClient, Kinds);
            try
            {
                await run(seed, plan);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}; {plan}", e);
            }
        });
    }

    private static Task<SocketServer> StartAsync(int maxEvents) => SocketServer.StartAsync(options =>
    {
        options.Limits.MaxConnectionsPerUser = 64; // lines that stalled are there still
        options.Limits.MessagesPerSecond = options.Limits.MessageBurst = 1_000; // some clients' clocks run fast
        (options.Heartbeat.Interval, options.Heartbeat.Timeout) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));
        options.Limits.MaxConnections = SeedsAtOnce * 64;
        options.Delivery.StopTimeout = TimeSpan.Zero; // nobody asks what the runs of a dead host say
        options.Delivery.CloseTimeout = TimeSpan.FromSeconds(1); // what a stalled line costs
        options.Retention.MaxRetired = 4 * SeedsAtOnce; // nobody who follows is forgotten for others
        options.Retention.MaxEvents = maxEvents;
        options.Retention.MaxBytes = 16 * 1024 * 1024;
    }, stopWithin: TimeSpan.FromSeconds(1));
}
