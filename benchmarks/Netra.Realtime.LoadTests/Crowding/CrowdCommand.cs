using System.Globalization;
using Netra.Realtime.LoadTests.Comparing;
using Netra.Realtime.LoadTests.Driving;

namespace Netra.Realtime.LoadTests.Crowding;

/// <summary>Measures a crowd over each kind of line, in turn, and writes the table.</summary>
internal static class CrowdCommand
{
    private const int Connections = 100_000;

    public static async Task<int> RunAsync(CommandLine line, string[] args)
    {
        bool isQuick = line.Has("--quick");
        int connections = line.Number("--connections", isQuick ? 2_000 : Connections);
        string folder = line.Text("--out", isQuick || connections != Connections ? "" : Comparison.ResultsFolder());
        ComparisonReport report = new(ScenarioOf(connections), string.Join(' ', args), isQuick);
        bool isSound = true;

        // The first of all is for the compiler.
        await RunAllAsync(Math.Min(connections, 5_000), (_, result) => isSound &= result.IsSound);
        for (int run = 1; run <= line.Number("--runs", isQuick ? 1 : 3); run++)
        {
            int pass = run;
            await RunAllAsync(connections, (name, result) =>
            {
                report.Add(pass, "", result);
                isSound &= result.IsSound;
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"crowd {name}: {result[CrowdFigure.HeapPerConnection]:F0} B, {result[CrowdFigure.HeartbeatCpuMillis]:F2} ms/s {result.Fault}"));
            });
            if (folder.Length > 0)
            {
                await File.WriteAllTextAsync(Path.Combine(folder, "crowd.md"), report.ToString());
            }
        }

        Console.WriteLine(report.ToString());
        return isSound ? 0 : 1;
    }

    private static async Task RunAllAsync(int connections, Action<string, DriveResult> onResult)
    {
        foreach (CrowdLine kind in CrowdLine.All)
        {
            onResult(kind.Name, await Crowd.RunAsync(kind, connections));
            await Task.Yield(); // off the stack of what has been measured, which would hold it
        }
    }

    internal static Scenario ScenarioOf(int connections) => new(
        "crowd", "What do very many connections cost, without sockets?",
        string.Create(CultureInfo.InvariantCulture, $"{connections:N0} connections of as many users in one process, over a transport that is as little as can be (bare) and over the one for applications' tests ") +
        "(in-memory, `InMemoryTransport` with its peer). Heap after a full, compacting collection; what a transport with its peer holds by itself is a row of its own, and in no other. The wheel is " +
        "turned by hand, tick by tick, through 4 whole intervals of Production (25 s), and before the next tick all pongs are read; CPU time is that of the whole process, over the time by " +
        "the wheel's clock. Connecting is this one thread's; a close has the pool.",
        [("crowd", "")], [.. CrowdLine.All.Select(kind => kind.Name)],
        [
            new("heap B/connection", CrowdFigure.HeapPerConnection, "F0"),
            new("heap B/transport with its peer, beside that", CrowdFigure.HeapPerTransport, "F0"),
            new("all connect, ms", CrowdFigure.ConnectMs, "N0"),
            new("heartbeat: CPU ms/s", CrowdFigure.HeartbeatCpuMillis, "F2"),
            new("CPU us/ping and its pong", CrowdFigure.CpuMicrosPerPing, "F2"),
            new("alloc B/ping and its pong", CrowdFigure.AllocPerPing, "F0"),
            new("a tick (2 a second), ms", CrowdFigure.TickMs, "F2"),
            new("the longest tick, ms", CrowdFigure.LongestTickMs, "F2"),
            new("a sweep, ms", CrowdFigure.SweepMs, "F1"),
            new("alloc B/sweep", CrowdFigure.AllocPerSweep, "N0"),
            new("a page of 100 users for an operator, ms", CrowdFigure.PageMs, "F1"),
            new("all users, in pages of 10,000, ms", CrowdFigure.AllPagesMs, "N0"),
            new("close of all: the call, ms", CrowdFigure.CloseCallMs, "N0"),
            new("close of all (1001): registry, wheel and places empty after ms", CrowdFigure.AllClosedMs, "N0"),
            new("all connect again, ms", CrowdFigure.AllBackMs, "N0"),
            new("back: heap B/connection", CrowdFigure.HeapPerConnectionAgain, "F0"),
            new("all lines cut: the same empty after ms", CrowdFigure.AllCutMs, "N0"),
            new("gone: heap B/user who may come back", CrowdFigure.RetiredPerUser, "F0"),
            new("the sweep that forgets them all, ms", CrowdFigure.ForgetMs, "F0"),
            new("then: heap B/user", CrowdFigure.LeftPerUser, "F0"),
        ])
    {
        Check = "all were welcome, each was pinged once an interval and answered, all ended for the reason that was theirs, and nothing of them was left",
        HasFiguresInRows = true,
        IsOneProcess = true,
    };
}
