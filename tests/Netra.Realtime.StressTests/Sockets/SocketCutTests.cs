using System.Globalization;
using System.Text;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.StressTests.Cuts;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;
using Xunit.Abstractions;

namespace Netra.Realtime.StressTests.Sockets;

/// <summary>The cut property on real sockets: a real host, real clients, and lines that break after any byte of what the server sends.</summary>
/// <remarks>A failure prints the program and its seed: <c>CsCheck_Seed=... dotnet test --filter SocketCut</c> begins with it.</remarks>
public sealed class SocketCutTests(ITestOutputHelper output)
{
    private const int ProgramsAtOnce = 10;

    // Of the server's bytes in the answer to the handshake and the welcome, or anywhere; of the client's, which are few, in the handshake or the answer to a ping.
    private static readonly Gen<Fault> AnyFault = Gen.Select(
        Gen.Int[1, 6], Gen.Frequency((3, Gen.OneOf(Gen.Int[0, 800], Gen.Int[0, 8_000]).Select(bytes => (bytes, FaultSide.Client))), (1, Gen.Int[0, 400].Select(bytes => (bytes, FaultSide.Server)))),
        (kind, where) => new Fault((FaultKind)kind, where.Item1) { To = where.Item2, BytesPerSecond = kind == (int)FaultKind.Trickle ? 5_000 : 0, TrickleBytes = 500 });

    private static readonly Gen<(int[][] Agents, Fault[][] Faults, int[][] Cuts)> Programs =
        Gen.Select(Gen.Int[0, 99].Array[1, 40].Array[1, 3], AnyFault.Array[0, 6].Array[3], Gen.Int[0, 30].Array[0, 2].Array[3]);

    private int _programs;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Clients_OfLinesThatBreakAfterAnyByte_HandleEachMatchingEventOnceOrAreToldThatTheyLostIt(bool isNarrow)
    {
        CutCounts counts = new();
        TimeBudget budget = TimeBudget.Share(0.15, usual: TimeSpan.FromSeconds(4));
        await using SocketServer server = await SocketServer.StartAsync(options =>
        {
            options.Limits.MaxConnectionsPerUser = 16;
            options.Delivery.CloseTimeout = TimeSpan.FromSeconds(1); // what a stalled line costs
            options.Retention.MaxEvents = isNarrow ? 10 : 100_000;
            options.Retention.MaxBytes = 16 * 1024 * 1024;
        });

        do
        {
            await Programs.SampleAsync(program => RunAsync(server, program.Agents, program.Faults, program.Cuts, counts), iter: ProgramsAtOnce, threads: 1);
        }
        while (!budget.IsSpent(HasSeenAll(counts, isNarrow)));

        output.WriteLine($"{(isNarrow ? "narrow" : "wide")} window, {budget}: {counts}");
        Assert.True(HasSeenAll(counts, isNarrow), $"{counts}");
        Assert.Equal(isNarrow, counts.TooOld + counts.Resets + counts.SlowConsumers > 0);
    }

    private static bool HasSeenAll(CutCounts counts, bool isNarrow) =>
        counts is { Faults: > 0, FailedHandshakes: > 0, Resumed: > 0, Superseded: > 0 } && (isNarrow ? counts.TooOld > 0 : counts.CutInMessage > 0);

    private async Task RunAsync(SocketServer server, int[][] agents, Fault[][] faults, int[][] cuts, CutCounts counts)
    {
        UserId user = UserId.Create($"user-{++_programs}");
        World world = new(server.Services.GetRequiredService<SessionDirectory>(), server.Services.GetRequiredService<EventEmitterFactory>(), user, counts);
        server.Services.GetRequiredService<RealtimeRooms>().Join(user, world.Room);
        EventId start = world.Mark("start");
        await using FaultProxy proxy0 = new(server.EndPoint), proxy1 = new(server.EndPoint), proxy2 = new(server.EndPoint);
        FaultProxy[] proxies = [proxy0, proxy1, proxy2];
        EventFilter[] filters = [EventFilter.All, LogHarness.Threads("t-0"), LogHarness.Runs("r-0-1", "r-1-1", "r-2-1")];
        Device[] devices = [.. proxies.Select((proxy, i) => Create(world, proxy, i, filters[i], start, new Queue<Fault>(faults[i])))];

        TaskCompletionSource<EventId> last = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] following = [.. devices.Select((device, i) => device.FollowAsync(cuts[i], last.Task))];
        await world.EmitAsync(agents);
        last.SetResult(world.Mark("end"));
        await Task.WhenAll(following).OrFail();

        Window window = world.Peek();
        world.Journal.Settle(window.Head);
        foreach (Device device in devices)
        {
            await device.LeaveAsync();
            device.Account.Check(world.Journal);
        }
        world.EndRuns();
        CutCounts.Add(ref counts.Programs);
        CutCounts.Add(ref counts.Events, window.Head.Sequence);
        CutCounts.Add(ref counts.Trimmed, window.Tail - 1);
    }

    private static Device Create(World world, FaultProxy proxy, int index, EventFilter filter, EventId start, Queue<Fault> faults)
    {
        Account account = new(ReplayStart.Live, filter, world.Counts);
        account.BeginAt(start);
        return new Device(world, account, asking =>
        {
            FaultLink link = proxy.Expect(faults.TryDequeue(out Fault? fault) ? fault : Fault.None);
            return SocketLine.ConnectAsync(AddressOf(proxy, index, asking.Ask(new ConnectionRequest { User = world.User })), world.User.Value, link, world.Counts);
        });
    }

    private static Uri AddressOf(FaultProxy proxy, int index, ConnectionRequest request)
    {
        StringBuilder query = new();
        query.Append(CultureInfo.InvariantCulture, $"?client=device-{index}&start=live{(request.LastEventId is null ? "" : $"&last_event_id={request.LastEventId}")}");
        query.AppendJoin("", (request.Threads ?? new HashSet<ThreadId>()).Select(thread => $"&thread={thread}"));
        query.AppendJoin("", (request.Runs ?? new HashSet<RunId>()).Select(run => $"&run={run}"));
        return new Uri($"ws://{proxy.EndPoint}/ws{query}");
    }
}
