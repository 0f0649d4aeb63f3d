using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>A crowd that never reads is sent more than all its buffers hold: what the server, its logs and the kernel have at the most.</summary>
internal sealed class StalledDrive : IDisposable
{
    private const int Readers = 10;
    private const int WarmUpConnections = 100;
    private const int WarmUpEvents = 20;

    // With the least that a kernel gives.
    private const int StalledReceiveBytes = 4 * 1024;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    // For what is being freed.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly DriveOptions _options;
    private readonly StalledLoad _load;
    private readonly ClientLoop _clients;
    private readonly ServerControl _server;
    private readonly Dictionary<string, double> _figures = new(StringComparer.Ordinal);
    private readonly byte[][] _addressees = [.. Enumerable.Range(0, Readers).Select(n => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"u{n}")))];
    private StampChecker _checker = new([], 0);
    private Task<string>? _stats;
    private long _lookedAt;
    private double _anonymous;
    private double _logs;
    private double _queues;
    private double _longestQueue;
    private double _tcp;

    public StalledDrive(DriveOptions options, StalledLoad load, CancellationToken cancellationToken)
    {
        _options = options;
        _load = load;
        _clients = new ClientLoop(options, isEcho: false, OnMessage, cancellationToken);
        _server = new ServerControl(options, _clients);
    }

    public DriveResult Run()
    {
        string? fault = null;
        for (int warmup = 0; fault is null && warmup < _options.Warmups; warmup++)
        {
            fault = WarmUp();
        }

        fault ??= Stall();
        return new DriveResult
        {
            Target = _options.Target,
            Workload = "stalled",
            Expected = (long)Readers * _load.Events,
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

    private string? WarmUp()
    {
        if (!_clients.OpenAll(0, WarmUpConnections))
        {
            return Broken("not all were welcome");
        }

        _checker = new StampChecker(_addressees, WarmUpEvents);
        return Send(WorkloadSpec.Tput(WarmUpConnections, WarmUpEvents, _load.Size))
            ?? (_clients.CloseAll() && _server.WaitUntilEmpty() ? null : Broken("they did not leave"));
    }

    private string? Stall()
    {
        _server.Collect();
        double anonymous = _server.AnonymousBytes, tcp = KernelSockets.TcpBytes();
        int users = Readers + _load.Connections;
        if (!_clients.OpenAll(0, users, user => user < Readers ? 0 : StalledReceiveBytes))
        {
            return Broken("not all were welcome");
        }

        foreach (LoadClient stalled in _clients.Clients.Skip(Readers))
        {
            _clients.StopReading(stalled);
        }

        _checker = new StampChecker(_addressees, _load.Events);
        _clients.OnTurn = Look;
        string? fault = Send(WorkloadSpec.Tput(users, _load.Events, _load.Size) with { Awaited = Readers });
        _clients.ReadFor(Pause);
        _clients.OnTurn = null;
        _figures[Figure.AnonymousMoreMiB] = (_anonymous - anonymous) / 1024 / 1024;
        _figures[Figure.LogsMiB] = _logs / 1024 / 1024;
        _figures[Figure.SendQueuesMiB] = _queues / 1024 / 1024;
        _figures[Figure.LongestSendQueueKiB] = _longestQueue / 1024;
        _figures[Figure.TcpMoreMiB] = (_tcp - tcp) / 1024 / 1024;
        _figures[Figure.SilentLeft] = _server.Connections() - Readers;
        return fault ?? _clients.Fault ?? FaultOf(_anonymous - anonymous);
    }

    private string? FaultOf(double anonymousMore)
    {
        double most = _load.MostLogBytes + ((double)_load.Connections * StalledLoad.BytesPerConnection(_options.Target));
        return _logs > _load.MostLogBytes ? Exceeded("the logs grew", _logs, _load.MostLogBytes)
            : anonymousMore > most ? Exceeded("RssAnon grew", anonymousMore, most)
            : _longestQueue > 2.0 * _load.SendBufferBytes ? Exceeded("a send queue grew", _longestQueue, 2.0 * _load.SendBufferBytes) // a kernel doubles what it is told
            : null;
    }

    private static string Exceeded(string what, double bytes, double most) =>
        string.Create(CultureInfo.InvariantCulture, $"{what} to {bytes / 1024:F0} KiB, above {most / 1024:F0}");

    private string? Send(WorkloadSpec spec)
    {
        Task<string> start = _server.StartAsync(spec);
        bool isDone = _clients.ReadUntil(() => (_checker.IsComplete && start.IsCompleted) || start.IsFaulted);
        return start.IsFaulted ? $"the start failed: {start.Exception.InnerException?.Message}"
            : _checker.Faults > 0 ? Broken($"those who read: {_checker}")
            : isDone ? null : Broken("the time was over");
    }

    private string Broken(string what) => _clients.Fault ?? what;

    private void OnMessage(LoadClient client, ReadOnlySpan<byte> message)
    {
        if (client.User >= Readers)
        {
            return;
        }

        StampReader stamps = new(message, isText: false);
        while (stamps.TryRead())
        {
            _checker.Take(client.User, stamps.To, stamps.N);
        }

        if (stamps.IsMalformed)
        {
            _checker.TakeMalformed();
        }
    }

    private void Look()
    {
        if (Stopwatch.GetElapsedTime(_lookedAt) < LookInterval)
        {
            return;
        }

        _lookedAt = Stopwatch.GetTimestamp();
        _anonymous = Math.Max(_anonymous, _server.AnonymousBytes);
        _tcp = Math.Max(_tcp, KernelSockets.TcpBytes());
        (long all, long most) = KernelSockets.SendQueues(_options.SocketUrl.Port);
        (_queues, _longestQueue) = (Math.Max(_queues, all), Math.Max(_longestQueue, most));

        // Its answer is looked at the next time: whoever asks here is asked by those who wait.
        if (_stats is { IsCompletedSuccessfully: true } said)
        {
            _logs = Math.Max(_logs, ServerControl.Number(said.Result, "log_bytes"));
        }

        if (_stats is null or { IsCompleted: true })
        {
            _stats = _server.StatsAsync();
        }
    }
}
