using System.Diagnostics;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>
/// Many connections, each of a user of its own, on which nothing happens but the heartbeat: what they hold and cost. Then what it takes
/// to lose them all at once, and to have them back.
/// </summary>
internal sealed class HoldDrive : IDisposable
{
    private const int WarmUpConnections = 500;
    private const int WatchedIntervals = 2;

    // As good as all at once, and fewer than may wait to be accepted (LoadServer.Backlog): a connect too many is only tried again after a second.
    private const int ManyOpening = 4_000;

    // For the compiler of the server between warm-ups, and for what follows a welcome.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly DriveOptions _options;
    private readonly HoldLoad _load;
    private readonly ClientLoop _clients;
    private readonly ServerControl _server;
    private readonly Dictionary<string, double> _figures = new(StringComparer.Ordinal);
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _pinged;
    private double _heap;
    private double _anonymous;

    public HoldDrive(DriveOptions options, HoldLoad load, CancellationToken cancellationToken)
    {
        _options = options;
        _load = load;
        _clients = new ClientLoop(options, isEcho: false, static (_, _) => { }, cancellationToken) { OnTurn = options.IsSignalR ? PingDue : null };
        _server = new ServerControl(options, _clients);
    }

    // The framework looks at its clock four times an interval, or once a second: its pings are as much further apart.
    private int LeastPings
    {
        get
        {
            double seconds = _load.Interval.TotalSeconds;
            return (int)((WatchedIntervals + 1) * seconds / (seconds + Math.Max(1.5, seconds / 4)));
        }
    }

    public DriveResult Run()
    {
        bool isDone = WarmUp();
        (_heap, _anonymous) = (_server.Collect(), _server.AnonymousBytes);
        isDone = isDone && Connect();
        Weigh(Figure.HeapPerConnection, Figure.AnonymousPerConnection, _load.Connections);
        isDone = isDone && Watch();
        int held = _server.Connections();

        int pings = _clients.Clients.Count == 0 ? 0 : _clients.Clients.Min(client => client.Pings);
        isDone = isDone && LoseAll() && ComeBack();
        Weigh(Figure.HeapPerConnectionAgain, Figure.AnonymousPerConnectionAgain, _load.Connections);
        int back = _server.Connections();
        isDone = isDone && LeaveForGood();
        Weigh(Figure.HeapLeftMiB, Figure.AnonymousLeftMiB, 1024 * 1024);
        return new DriveResult
        {
            Target = _options.Target,
            Workload = "hold",
            Expected = _load.Connections,
            Received = back,
            Fault = _clients.Fault ?? (!isDone ? "the time was over"
                : held != _load.Connections || back != _load.Connections ? $"the server held {held} connections, and {back} that came back"
                : pings < LeastPings ? $"a connection was pinged {pings} times in {WatchedIntervals + 1} intervals" : null),
            Figures = _figures,
        };
    }

    public void Dispose()
    {
        _server.Dispose();
        _clients.Dispose();
    }

    // The same users each time: what a server keeps of who has left is small beside the rest.
    private bool WarmUp()
    {
        bool isDone = true;
        for (int warmup = 0; isDone && warmup < _options.Warmups; warmup++)
        {
            isDone = _clients.OpenAll(0, WarmUpConnections) && _clients.ReadFor(Pause) && LeaveForGood() && _clients.ReadFor(Pause);
        }

        return isDone;
    }

    private bool Connect()
    {
        double serverCpu = _server.CpuSeconds;
        TimeSpan driverCpu = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        bool isDone = _clients.OpenAll(WarmUpConnections, _load.Connections);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        _figures[Figure.PerSecond] = _load.Connections / seconds;
        _figures[Figure.DriverShare] = (Environment.CpuUsage.TotalTime - driverCpu).TotalSeconds / seconds;
        isDone = isDone && _clients.ReadFor(Pause);
        _figures[Figure.CpuMicros] = (_server.CpuSeconds - serverCpu) * 1e6 / _load.Connections;
        return isDone;
    }

    // Each has had its first ping before anything is measured: whatever is made or compiled for one is there.
    private bool Watch()
    {
        bool isDone = _clients.ReadFor(_load.Interval);
        double serverCpu = _server.CpuSeconds;
        long started = Stopwatch.GetTimestamp();
        isDone = isDone && _clients.ReadFor(WatchedIntervals * _load.Interval);
        _figures[Figure.IdleCpuMillis] = (_server.CpuSeconds - serverCpu) * 1_000 / Stopwatch.GetElapsedTime(started).TotalSeconds;
        return isDone;
    }

    private bool LoseAll()
    {
        long started = Stopwatch.GetTimestamp();
        bool isDone = LeaveForGood();
        _figures[Figure.AllGoneMs] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return isDone;
    }

    private bool ComeBack()
    {
        long started = Stopwatch.GetTimestamp();
        bool isDone = _clients.OpenAll(WarmUpConnections, _load.Connections, maxOpening: ManyOpening);
        _figures[Figure.AllBackMs] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return isDone && _clients.ReadFor(Pause);
    }

    private bool LeaveForGood()
    {
        _clients.AbortAll();
        return _server.WaitUntilEmpty();
    }

    private void Weigh(string heap, string anonymous, double by)
    {
        _figures[heap] = (_server.Collect() - _heap) / by;
        _figures[anonymous] = (_server.AnonymousBytes - _anonymous) / by;
    }

    // One client after the other, so that each has its turn once an interval.
    private void PingDue()
    {
        IReadOnlyList<LoadClient> clients = _clients.Clients;
        long due = (long)(Stopwatch.GetElapsedTime(_started) / _load.Interval * _load.Connections);
        for (; _pinged < due; _pinged++)
        {
            if (clients.Count > 0 && clients[(int)(_pinged % clients.Count)] is { IsWelcome: true, Ended: null } client)
            {
                client.Ping();
            }
        }
    }
}
