using System.Diagnostics;
using System.Text;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>Connects the users, starts a workload, and reads until everything has come.</summary>
internal sealed class DeliveryDrive : IDisposable
{
    // With the least that a kernel gives, a client that does not read is noticed soon.
    private const int SilentReceiveBytes = 4 * 1024;

    private static readonly TimeSpan Trickle = TimeSpan.FromSeconds(1);

    // The runtime compiles for the third time what was called often, and only while nothing new is called: on the one processor that
    // a server has here, it has to be left alone for that. The framework's own code is compiled already, and would look cheaper.
    private static readonly TimeSpan TierUp = TimeSpan.FromMilliseconds(500);

    private readonly DriveOptions _options;
    private readonly DeliveryLoad _load;
    private readonly ClientLoop _clients;
    private readonly ServerControl _server;
    private readonly int _reading;
    private readonly byte[][] _addressees;
    private readonly bool _isText;
    private StampChecker? _checker;
    private LatencyHistogram _latency = new();
    private long _coalesced;
    private long _trickledAt;

    public DeliveryDrive(DriveOptions options, DeliveryLoad load, CancellationToken cancellationToken)
    {
        _options = options;
        _load = load;
        _clients = new ClientLoop(options, isEcho: false, OnMessage, cancellationToken);
        _server = new ServerControl(options, _clients);
        _reading = load.Spec.Users - load.Silent;
        _isText = load.Spec.Kind == "burst";
        _addressees = [.. Enumerable.Range(0, _reading).Select(n => Encoding.ASCII.GetBytes(load.Spec.Kind == "bcast" ? "*" : $"u{n}"))];
        if (load.Spec.PerUser * load.Spec.Users != load.Spec.Total)
        {
            throw new ArgumentException("Not every user would get the same.", nameof(load));
        }
    }

    public DriveResult Run()
    {
        _clients.OpenAll(0, _load.Spec.Users, user => user < _reading ? 0 : SilentReceiveBytes);
        DriveResult? warm = null;
        for (int warmup = 0; warmup < _options.Warmups && warm is null or { IsSound: true }; warmup++)
        {
            warm = Measure(_load.WarmUp);
            Thread.Sleep(TierUp);
        }

        // Only now: what a user's log needs the first time is needed by then.
        foreach (LoadClient silent in _clients.Clients.Skip(_reading))
        {
            _clients.StopReading(silent);
        }

        _clients.OnTurn = _load.TrickleBytes > 0 ? TrickleDue : null;

        return warm is { IsSound: false } ? warm : Measure(_load.Spec with { Awaited = _load.Silent > 0 ? _reading : null });
    }

    public void Dispose()
    {
        _server.Dispose();
        _clients.Dispose();
    }

    private DriveResult Measure(WorkloadSpec spec)
    {
        StampChecker checker = new(_addressees, spec.PerUser);
        _checker = checker;
        _latency = new LatencyHistogram();
        _coalesced = 0;
        double serverCpu = _server.CpuSeconds;
        TimeSpan driverCpu = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        Task<string> start = _server.StartAsync(spec);

        // A start that failed sends nothing more: no need to wait out the time.
        bool isDone = _clients.ReadUntil(() => (checker.IsComplete && start.IsCompleted) || start.IsFaulted || start.IsCanceled);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        driverCpu = Environment.CpuUsage.TotalTime - driverCpu;
        serverCpu = _server.CpuSeconds - serverCpu;
        _clients.ReadUntilQuiet();
        string? fault = FaultOf(checker, isDone, start);
        Dictionary<string, double> figures = new(StringComparer.Ordinal)
        {
            [Figure.CpuMicros] = serverCpu * 1e6 / spec.Total,
            [Figure.PerSecond] = spec.Total / seconds,
            [Figure.P50Ms] = _latency.Quantile(0.5) / 1e6,
            [Figure.P99Ms] = _latency.Quantile(0.99) / 1e6,
            [Figure.Coalesced] = (double)_coalesced / Math.Max(1, checker.Received),
            [Figure.DriverShare] = driverCpu.TotalSeconds / seconds,
            [Figure.ServerAnonymousMiB] = _server.AnonymousBytes / 1024 / 1024,
        };
        if (fault is null)
        {
            string said = start.GetAwaiter().GetResult(); // has completed
            figures[Figure.AllocPerEvent] = ServerControl.Number(said, "alloc_per_event");
            if (spec.Kind == "paced")
            {
                figures[Figure.EmitMicros] = ServerControl.Number(said, "emit_us");
                figures[Figure.EmitP99Micros] = ServerControl.Number(said, "emit_p99_us");
            }

            figures[Figure.SilentLeft] = _server.Connections() - _reading;
            figures[Figure.LogsMiB] = _server.LogBytes() / 1024 / 1024;
        }

        return new DriveResult
        {
            Target = _options.Target,
            Workload = spec.Kind,
            Expected = spec.PerUser * _reading,
            Received = checker.Received,
            Fault = fault,
            Figures = figures,
        };
    }

    private string? FaultOf(StampChecker checker, bool isDone, Task<string> start)
    {
        if (_clients.Fault is { } ended)
        {
            return ended;
        }

        if (start.IsFaulted)
        {
            return $"the start failed: {start.Exception.InnerException?.Message}";
        }

        if (checker.Faults > 0)
        {
            return checker.ToString();
        }

        return isDone ? null : "the time was over";
    }

    // Some progress, and never enough.
    private void TrickleDue()
    {
        if (Stopwatch.GetElapsedTime(_trickledAt) < Trickle)
        {
            return;
        }

        _trickledAt = Stopwatch.GetTimestamp();
        foreach (LoadClient silent in _clients.Clients.Skip(_reading))
        {
            silent.Discard(_load.TrickleBytes);
        }
    }

    private void OnMessage(LoadClient client, ReadOnlySpan<byte> message)
    {
        if (_checker is not { } checker || client.User >= _reading)
        {
            return;
        }

        long now = Stopwatch.GetTimestamp();
        bool isCoalesced = _isText && message.IndexOf("\"first\":\""u8) >= 0;
        StampReader stamps = new(message, _isText);
        while (stamps.TryRead())
        {
            checker.Take(client.User, stamps.To, stamps.N);
            _coalesced += isCoalesced ? 1 : 0;
            if (client.User < _load.Timed)
            {
                _latency.Add(now - stamps.SentNs);
            }
        }

        if (stamps.IsMalformed)
        {
            checker.TakeMalformed();
        }
    }
}
