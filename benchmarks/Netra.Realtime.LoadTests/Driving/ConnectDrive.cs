using System.Diagnostics;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>Opens connections, each for a user of its own, waits for the welcome, and closes them.</summary>
internal sealed class ConnectDrive : IDisposable
{
    private const int WarmUpConnections = 250;

    // Less than this is not seen in hundredths of a second.
    private const int LeastForCpu = 500;

    private readonly DriveOptions _options;
    private readonly ConnectLoad _load;
    private readonly ClientLoop _clients;
    private readonly ServerControl _server;
    private LatencyHistogram _latency = new();
    private long _lastWelcomeAt;
    private int _target;
    private int _opened;
    private int _welcome;
    private int _closed;
    private bool _holds;

    public ConnectDrive(DriveOptions options, ConnectLoad load, CancellationToken cancellationToken)
    {
        _options = options;
        _load = load;
        _clients = new ClientLoop(options, isEcho: false, static (_, _) => { }, cancellationToken) { OnWelcome = Greeted, AfterRead = Follow };
        _server = new ServerControl(options, _clients);
    }

    public DriveResult Run()
    {
        for (int warmup = 0; warmup < _options.Warmups; warmup++)
        {
            Cycle(Math.Min(WarmUpConnections, _load.Connections * 4), holds: false);
        }

        double serverCpu = _server.CpuSeconds;
        TimeSpan driverCpu = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        bool isDone = Cycle(_load.Connections, holds: _load.AtOnce >= _load.Connections);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        driverCpu = Environment.CpuUsage.TotalTime - driverCpu;
        isDone = isDone && _server.WaitUntilEmpty();
        serverCpu = _server.CpuSeconds - serverCpu;
        Dictionary<string, double> figures = new(StringComparer.Ordinal)
        {
            [Figure.PerSecond] = _load.Connections / seconds,
            [Figure.P50Ms] = _latency.Quantile(0.5) / 1e6,
            [Figure.P99Ms] = _latency.Quantile(0.99) / 1e6,
            [Figure.AllWelcomeMs] = Stopwatch.GetElapsedTime(started, _lastWelcomeAt).TotalMilliseconds,
            [Figure.DriverShare] = driverCpu.TotalSeconds / seconds,
        };
        if (_load.Connections >= LeastForCpu)
        {
            figures[Figure.CpuMicros] = serverCpu * 1e6 / _load.Connections;
        }

        return new DriveResult
        {
            Target = _options.Target,
            Workload = "connect",
            Expected = _load.Connections,
            Received = _closed,
            Fault = _clients.Fault ?? (isDone ? null : "the time was over"),
            Figures = figures,
        };
    }

    public void Dispose()
    {
        _server.Dispose();
        _clients.Dispose();
    }

    private bool Cycle(int connections, bool holds)
    {
        (_target, _holds, _latency) = (connections, holds, new LatencyHistogram());
        _opened = _welcome = _closed = 0;
        while (_opened < Math.Min(connections, _load.AtOnce))
        {
            OpenNext();
        }

        return _clients.ReadUntil(() => _closed == connections);
    }

    private void OpenNext()
    {
        _opened++;
        _clients.Open(_clients.Clients.Count); // a user who was never here
    }

    private void Greeted(LoadClient client)
    {
        _lastWelcomeAt = Stopwatch.GetTimestamp();
        _latency.Add(_lastWelcomeAt - client.ConnectedAt);
        _welcome++;
        if (!_holds)
        {
            client.Close();
        }
        else if (_welcome == _target)
        {
            foreach (LoadClient held in _clients.Clients.Where(c => !c.IsClosed))
            {
                held.Close();
            }
        }
    }

    private void Follow(LoadClient client)
    {
        if (!client.IsClosed)
        {
            return;
        }

        client.Dispose();
        _closed++;
        if (_opened < _target)
        {
            OpenNext();
        }
    }
}
