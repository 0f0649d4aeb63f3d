using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>
/// Loses all connections at once, has events sent to each user while nobody is there, and lets all come back at once for what they missed.
/// </summary>
internal sealed class StormDrive : IDisposable
{
    private const int WarmUpConnections = 500;

    // What each gets while he is there, so that he has something to resume after.
    private const int Before = 10;

    // As good as all at once, and fewer than may wait to be accepted: see HoldDrive.
    private const int ManyOpening = 4_000;

    // For the compiler of the server between warm-ups, and for what is on its way.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan PeakInterval = TimeSpan.FromMilliseconds(50);

    private readonly DriveOptions _options;
    private readonly StormLoad _load;
    private readonly ClientLoop _clients;
    private readonly ServerControl _server;
    private readonly Dictionary<string, double> _figures = new(StringComparer.Ordinal);
    private HubConversation?[] _hubs = [];
    private string[] _lastIds = [];
    private byte[][] _addressees = [];
    private StampChecker _checker = new([], 0);
    private LatencyHistogram _latency = new();
    private int _resumed;
    private long _lastWelcomeAt;
    private long _lastEventAt;
    private long _peakSeenAt;
    private double _peak;

    public StormDrive(DriveOptions options, StormLoad load, CancellationToken cancellationToken)
    {
        _options = options;
        _load = load;
        _clients = new ClientLoop(options, isEcho: false, OnMessage, cancellationToken)
        {
            OnWelcome = _ => _lastWelcomeAt = Stopwatch.GetTimestamp(),
            QueryOf = user => _lastIds[user].Length > 0 ? $"&last_event_id={_lastIds[user]}" : "",
            HubOf = options.IsStateful ? HubOf : null,
            OnTurn = SeePeak,
        };
        _server = new ServerControl(options, _clients);
    }

    public DriveResult Run()
    {
        string? fault = null;
        for (int warmup = 0; fault is null && warmup < _options.Warmups; warmup++)
        {
            fault = Storm(Math.Min(WarmUpConnections, _load.Connections));
        }

        fault ??= Storm(_load.Connections);
        return new DriveResult
        {
            Target = _options.Target,
            Workload = "storm",
            Expected = (long)_load.Connections * _load.Missed,
            Received = _checker.Received,
            Fault = fault,
            Figures = _figures,
        };
    }

    public void Dispose()
    {
        _server.Dispose();
        _clients.Dispose();
    }

    private string? Storm(int connections)
    {
        _hubs = new HubConversation?[connections];
        _lastIds = [.. Enumerable.Repeat("", connections)];
        _addressees = [.. Enumerable.Range(0, connections).Select(n => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"u{n}")))];
        return Meet(connections) ?? Lose() ?? Miss(connections) ?? ComeBack(connections)
            ?? (_clients.CloseAll() && _server.WaitUntilEmpty() && _clients.ReadFor(Pause) ? null : Broken("they did not leave"));
    }

    // All are there, and each has had something.
    private string? Meet(int connections)
    {
        _checker = new StampChecker(_addressees, Before);
        if (!_clients.OpenAll(0, connections))
        {
            return Broken("not all were welcome");
        }

        Task<string> start = _server.StartAsync(WorkloadSpec.Tput(connections, Before, _load.Size));
        if (!_clients.ReadUntil(() => _checker.IsComplete && start.IsCompleted) || _checker.Faults > 0)
        {
            return Broken("not all had what came while they were there");
        }

        Acknowledge();
        return _clients.ReadFor(Pause) ? null : Broken("a connection ended");
    }

    private string? Lose()
    {
        long started = Stopwatch.GetTimestamp();
        _clients.AbortAll();
        bool isDone = _server.WaitUntilEmpty();
        _figures[Figure.AllGoneMs] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return isDone ? null : Broken("the server did not see all of them go");
    }

    private string? Miss(int connections)
    {
        Task<string> start = _server.StartAsync(WorkloadSpec.Tput(connections, _load.Missed, _load.Size));
        _clients.ReadUntil(() => start.IsCompleted);
        return start.IsCompletedSuccessfully ? null : Broken($"the start failed: {start.Exception?.InnerException?.Message}");
    }

    private string? ComeBack(int connections)
    {
        _checker = new StampChecker(_addressees, _load.Missed);
        (_latency, _resumed, _lastEventAt) = (new LatencyHistogram(), 0, 0);
        _figures[Figure.LogsMiB] = _server.LogBytes() / 1024 / 1024;
        double before = _peak = _server.AnonymousBytes, serverCpu = _server.CpuSeconds;
        TimeSpan driverCpu = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        bool areBack = _clients.OpenAll(0, connections, maxOpening: ManyOpening);
        bool isDone = areBack && (!_options.CanResume || _clients.ReadUntil(() => _checker.IsComplete));
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        driverCpu = Environment.CpuUsage.TotalTime - driverCpu;
        serverCpu = _server.CpuSeconds - serverCpu;
        _clients.ReadFor(Pause); // for what would be too much
        _figures[Figure.AllBackMs] = Stopwatch.GetElapsedTime(started, _lastWelcomeAt).TotalMilliseconds;
        _figures[Figure.Resumed] = (double)_checker.Received / connections / _load.Missed;
        _figures[Figure.ServerCpuSeconds] = serverCpu;
        _figures[Figure.CpuMicros] = serverCpu * 1e6 / connections;
        _figures[Figure.DriverShare] = driverCpu.TotalSeconds / seconds;
        _figures[Figure.ServerAnonymousMiB] = before / 1024 / 1024;
        _figures[Figure.ServerAnonymousPeakMiB] = _peak / 1024 / 1024;
        if (_options.CanResume)
        {
            _figures[Figure.AllResumedMs] = Stopwatch.GetElapsedTime(started, _lastEventAt).TotalMilliseconds;
            _figures[Figure.P50Ms] = _latency.Quantile(0.5) / 1e6;
            _figures[Figure.P99Ms] = _latency.Quantile(0.99) / 1e6;
        }

        return FaultOf(connections, areBack, isDone);
    }

    private string? FaultOf(int connections, bool areBack, bool isDone)
    {
        if (!areBack)
        {
            return Broken("not all were welcome again");
        }

        if (!_options.CanResume)
        {
            return _clients.Fault;
        }

        if (_checker.Faults > 0)
        {
            return _checker.ToString();
        }

        // A hub that does not know a conversation any more refuses the connection.
        return !isDone ? Broken("the time was over") : !_options.IsStateful && _resumed != connections ? $"{_resumed} of {connections} resumed" : _clients.Fault;
    }

    private string Broken(string what) => _clients.Fault ?? what;

    // As SignalR's own client does, once a second: what is acknowledged is not sent again.
    private void Acknowledge()
    {
        foreach (LoadClient client in _clients.Clients)
        {
            Acknowledge(client);
        }
    }

    private void Acknowledge(LoadClient client)
    {
        if (_hubs[client.User] is { } hub)
        {
            client.Say(hub.Ack);
        }
    }

    private HubConversation HubOf(int user) => _hubs[user] ??= new HubConversation(_server.Negotiate(user));

    private void OnMessage(LoadClient client, ReadOnlySpan<byte> message)
    {
        if (message.StartsWith("{\"type\":\"welcome\""u8) && message.IndexOf("\"resumed\":true"u8) >= 0)
        {
            _resumed++;
        }

        StampReader stamps = new(message, isText: false);
        while (stamps.TryRead())
        {
            _checker.Take(client.User, stamps.To, stamps.N);
            if (stamps.N == Before - 1 && _lastIds[client.User].Length == 0)
            {
                _lastIds[client.User] = IdOf(message);
            }

            if (stamps.N == _load.Missed - 1)
            {
                _lastEventAt = Stopwatch.GetTimestamp();
                _latency.Add(_lastEventAt - client.ConnectedAt);
                Acknowledge(client);
            }
        }

        if (stamps.IsMalformed)
        {
            _checker.TakeMalformed();
        }
    }

    // An event of netra begins with it; one of the others has none.
    private static string IdOf(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> begin = "{\"id\":\""u8;
        return message.StartsWith(begin) ? Encoding.ASCII.GetString(message[begin.Length..(begin.Length + message[begin.Length..].IndexOf((byte)'"'))]) : "";
    }

    private void SeePeak()
    {
        if (Stopwatch.GetElapsedTime(_peakSeenAt) >= PeakInterval)
        {
            _peak = Math.Max(_peak, _server.AnonymousBytes);
            _peakSeenAt = Stopwatch.GetTimestamp();
        }
    }
}
