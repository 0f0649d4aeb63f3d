using System.Diagnostics;
using Netra.Realtime.Administration;
using Netra.Realtime.Connections;
using Netra.Realtime.LoadTests.Comparing;
using Netra.Realtime.LoadTests.Driving;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports;

namespace Netra.Realtime.LoadTests.Crowding;

/// <summary>Very many connections without sockets, in this process: what they hold, what their heartbeat and a sweep cost, what it takes to close them and to have them back.</summary>
internal sealed class Crowd : IDisposable
{
    private const int Sweeps = 5;
    private const int WatchedIntervals = 4;

    private readonly CrowdLine _line;
    private readonly TimeSpan _net;
    private readonly CrowdHost _host;
    private readonly IWebSocketTransport?[] _transports;
    private readonly Task<CloseReason>[] _runs;
    private readonly Dictionary<string, double> _figures = new(StringComparer.Ordinal);

    private Crowd(CrowdLine line, int connections, TimeSpan net)
    {
        _line = line;
        _net = net;
        _host = new CrowdHost(connections);
        _transports = new IWebSocketTransport?[connections];
        _runs = new Task<CloseReason>[connections];
    }

    private int Count => _runs.Length;

    /// <param name="line">What they are connected by.</param>
    /// <param name="connections">How many.</param>
    /// <param name="net">How long any wait may take; null for minutes, only so that what hangs is said.</param>
    public static async Task<DriveResult> RunAsync(CrowdLine line, int connections, TimeSpan? net = null)
    {
        using Crowd crowd = new(line, connections, net ?? TimeSpan.FromMinutes(5));
        string? fault = null;
        try
        {
            await crowd.MeasureAsync();
        }
        catch (InvalidOperationException e)
        {
            fault = e.Message;
        }

        return new DriveResult { Target = line.Name, Workload = "crowd", Expected = connections, Fault = fault, Figures = crowd._figures };
    }

    public void Dispose() => _host.Dispose();

    private async Task MeasureAsync()
    {
        long before = CollectedHeap.Bytes();
        Open();
        long withTransports = CollectedHeap.Bytes();
        _figures[CrowdFigure.ConnectMs] = Connect();
        _figures[CrowdFigure.HeapPerConnection] = (double)(CollectedHeap.Bytes() - withTransports) / Count;
        _figures[CrowdFigure.HeapPerTransport] = (double)(withTransports - before) / Count;

        await WatchHeartbeatAsync();
        MeasureSweep();
        MeasureSnapshot();
        Require(_host.Registry.Count == Count, "a connection was lost meanwhile");

        await LoseAsync(CloseReason.GoingAway, CrowdFigure.AllClosedMs, () =>
        {
            long started = Stopwatch.GetTimestamp();
            _host.Registry.CloseAll(CloseReason.GoingAway);
            _figures[CrowdFigure.CloseCallMs] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        });
        Open();
        _figures[CrowdFigure.AllBackMs] = Connect();
        _figures[CrowdFigure.HeapPerConnectionAgain] = (double)(CollectedHeap.Bytes() - withTransports) / Count;
        await LoseAsync(CloseReason.Abnormal, CrowdFigure.AllCutMs, () => Array.ForEach(_transports, transport => transport!.Abort())); // all are open
        Forget(before);
    }

    private void Open()
    {
        for (int i = 0; i < Count; i++)
        {
            _transports[i] = _line.Open();
        }
    }

    /// <returns>How long it took this one thread, in milliseconds.</returns>
    private double Connect()
    {
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < Count; i++)
        {
            _runs[i] = _host.Connections.RunAsync(_transports[i]!, new ConnectionRequest { User = UserId.Create($"u{i}") }); // opened before
        }

        double took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        Require(Array.TrueForAll(_transports, transport => _line.Read(transport!) > 0), "a connection was not welcome");
        Require(_host.Registry.Count == Count && _host.Registry.Wheel.Count == Count, "a connection is not there");
        return took;
    }

    private async Task WatchHeartbeatAsync()
    {
        await TurnAsync(intervals: 1, []); // whatever is made or compiled for a first ping is there then
        long pings = _host.Pings.Sent, allocated = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        List<double> ticks = [];
        await TurnAsync(WatchedIntervals, ticks);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        pings = _host.Pings.Sent - pings;
        Require(pings == (long)WatchedIntervals * Count, $"{pings} pings in {WatchedIntervals} intervals");
        _figures[CrowdFigure.HeartbeatCpuMillis] = cpu / (WatchedIntervals * CrowdHost.Interval) * 1_000;
        _figures[CrowdFigure.CpuMicrosPerPing] = cpu.TotalMicroseconds / pings;
        _figures[CrowdFigure.AllocPerPing] = (double)allocated / pings;
        _figures[CrowdFigure.TickMs] = ComparisonReport.Median(ticks);
        _figures[CrowdFigure.LongestTickMs] = ticks.Max();
    }

    // As time would turn it: a tick, and before the next one the pongs.
    private async Task TurnAsync(int intervals, List<double> ticks)
    {
        int count = (int)Math.Round(intervals * CrowdHost.Interval / CrowdHost.Tick);
        for (int i = 0; i < count; i++)
        {
            _host.Time.Step(CrowdHost.Tick);
            long started = Stopwatch.GetTimestamp();
            _host.Heartbeat.Tick();
            ticks.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await UntilAsync(() => _host.Pings.Answered == _host.Pings.Sent, "a pong is missing");
        }
    }

    private void MeasureSweep()
    {
        List<double> took = [];
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Sweeps; i++)
        {
            took.Add(TimeOf(_host.Sweeper.Sweep));
        }

        _figures[CrowdFigure.AllocPerSweep] = (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / Sweeps;
        _figures[CrowdFigure.SweepMs] = ComparisonReport.Median(took);
    }

    private void MeasureSnapshot()
    {
        const int MaxPage = 10_000;
        List<double> took = [];
        for (int i = 0; i < Sweeps; i++)
        {
            took.Add(TimeOf(() => _host.Administration.GetUsers()));
        }

        int users = 0;
        _figures[CrowdFigure.PageMs] = ComparisonReport.Median(took);
        _figures[CrowdFigure.AllPagesMs] = TimeOf(() =>
        {
            for (IReadOnlyList<UserSnapshot> page = _host.Administration.GetUsers(null, MaxPage); page.Count > 0; page = _host.Administration.GetUsers(page[^1].User, MaxPage))
            {
                users += page.Count(user => user.Connections.Count == 1);
            }
        });
        Require(users == Count, "a user is not in the snapshot");
    }

    /// <summary>Loses all, and waits until nothing of them is left in the host, and each has said why it ended.</summary>
    private async Task LoseAsync(CloseReason expected, string figure, Action lose)
    {
        long started = Stopwatch.GetTimestamp();
        lose();
        await _host.Registry.WhenEmptyAsync().WaitAsync(_net);
        await UntilAsync(() => _host.IsEmpty, "the registry is empty, and the wheel or the places are not"); // the last leaves those just after
        _figures[figure] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        CloseReason[] reasons = await Task.WhenAll(_runs).WaitAsync(_net);
        Require(Array.TrueForAll(reasons, reason => reason == expected), "a connection ended for another reason");
    }

    // Nobody is connected any more, but who was here may come back for three minutes.
    private void Forget(long before)
    {
        Array.Clear(_transports);
        Array.Clear(_runs);
        _figures[CrowdFigure.RetiredPerUser] = (double)(CollectedHeap.Bytes() - before) / Count;
        _host.Time.Step(CrowdHost.RetiredFor);
        _figures[CrowdFigure.ForgetMs] = TimeOf(_host.Sweeper.Sweep);
        Require(_host.Registry.Sessions.Count == 0, "a session is left");
        _figures[CrowdFigure.LeftPerUser] = (double)(CollectedHeap.Bytes() - before) / Count;
    }

    private async Task UntilAsync(Func<bool> holds, string otherwise)
    {
        for (long started = Stopwatch.GetTimestamp(); !holds();)
        {
            Require(Stopwatch.GetElapsedTime(started) < _net, otherwise);
            await Task.Delay(1);
        }
    }

    private static double TimeOf(Action action)
    {
        long started = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
