using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>Connects the users, starts the workload, and reads until everything has come. One thread reads all sockets.</summary>
internal sealed class Driver : IDisposable
{
    private const int QuietMilliseconds = 20;

    private readonly DriveOptions _options;
    private readonly List<LoadClient> _clients = [];
    private readonly Epoll _epoll = new();
    private readonly HttpClient _http;
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly byte[][] _addressees;
    private readonly bool _isText;
    private StampChecker? _checker;
    private LatencyHistogram _latency = new();
    private long _coalesced;
    private int _ended;

    private Driver(DriveOptions options)
    {
        _options = options;
        _isText = options.Spec.Kind == "burst";
        _addressees = [.. Enumerable.Range(0, options.Spec.Users).Select(n => Encoding.ASCII.GetBytes(options.Spec.Kind == "bcast" ? "*" : $"u{n}"))];
        _http = new HttpClient { BaseAddress = options.Url, Timeout = options.Limit };
    }

    public static Task<DriveResult> RunAsync(DriveOptions options, CancellationToken cancellationToken) => Task.Factory.StartNew(
        () =>
        {
            using Driver driver = new(options);
            return driver.Run(cancellationToken);
        },
        cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        _epoll.Dispose();
        _http.Dispose();
    }

    private DriveResult Run(CancellationToken cancellationToken)
    {
        for (int user = 0; user < _options.Spec.Users; user++)
        {
            LoadClient client = LoadClient.Connect(user, _options.Url, _options.IsSignalR, OnText);
            _clients.Add(client);
            _epoll.Add(client.Socket, user);
        }

        // Only what has welcomed a user sends to him.
        ReadUntil(() => _clients.TrueForAll(client => client.IsWelcome), cancellationToken);
        DriveResult result = Measure(cancellationToken);
        for (int warmup = 0; warmup < _options.Warmups && result.IsSound; warmup++)
        {
            result = Measure(cancellationToken);
        }

        return result;
    }

    private DriveResult Measure(CancellationToken cancellationToken)
    {
        StampChecker checker = new(_addressees, _options.Spec.PerUser);
        _checker = checker;
        _latency = new LatencyHistogram();
        _coalesced = 0;
        double serverCpu = ProcessUsage.CpuSeconds(_options.Pid);
        TimeSpan driverCpu = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        Task<string> start = _http.GetStringAsync(new Uri($"/start?{_options.Spec.ToQuery()}", UriKind.Relative), cancellationToken);

        // A start that failed sends nothing more: no need to wait out the time.
        bool isDone = ReadUntil(() => (checker.IsComplete && start.IsCompleted) || start.IsFaulted || start.IsCanceled, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        driverCpu = Environment.CpuUsage.TotalTime - driverCpu;
        serverCpu = ProcessUsage.CpuSeconds(_options.Pid) - serverCpu;
        ReadUntilQuiet();
        return new DriveResult
        {
            Target = _options.Target,
            Workload = _options.Spec.Kind,
            Expected = _options.Spec.Total,
            Received = checker.Received,
            Fault = FaultOf(checker, isDone, start),
            Seconds = seconds,
            ServerCpuSeconds = serverCpu,
            DriverCpuSeconds = driverCpu.TotalSeconds,
            P50Ms = _latency.Quantile(0.5) / 1e6,
            P99Ms = _latency.Quantile(0.99) / 1e6,
            AllocPerEvent = start.IsCompletedSuccessfully ? AllocPerEvent(start) : 0,
            CoalescedShare = (double)_coalesced / Math.Max(1, checker.Received),
            ServerAnonymousKiB = ProcessUsage.AnonymousKiB(_options.Pid),
        };
    }

    private static double AllocPerEvent(Task<string> start)
    {
        using JsonDocument said = JsonDocument.Parse(start.GetAwaiter().GetResult()); // has completed
        return said.RootElement.GetProperty("alloc_per_event").GetDouble();
    }

    private string? FaultOf(StampChecker checker, bool isDone, Task<string> start)
    {
        if (_clients.Find(client => client.Ended is not null) is { } ended)
        {
            return $"{_ended} connections ended, the first: {ended.Ended}";
        }

        if (start.IsFaulted)
        {
            return $"the start failed: {start.Exception.InnerException?.Message}";
        }

        if (checker.Faults > 0)
        {
            return string.Create(CultureInfo.InvariantCulture,
                $"wrong addressee {checker.WrongAddressee}, skipped {checker.Skipped}, out of order {checker.OutOfOrder}, unexpected {checker.Unexpected}, malformed {checker.Malformed}, missing {checker.Missing}");
        }

        return isDone ? null : "the time was over";
    }

    /// <returns>False when the time was over, or a connection had ended.</returns>
    private bool ReadUntil(Func<bool> isDone, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        while (!isDone())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_ended > 0 || Stopwatch.GetElapsedTime(started) > _options.Limit)
            {
                return false;
            }

            ReadReady(milliseconds: 1);
        }

        return true;
    }

    /// <summary>What comes after everything has come would be too much: it is waited for, a little.</summary>
    private void ReadUntilQuiet()
    {
        while (_ended == 0 && ReadReady(QuietMilliseconds) > 0)
        {
        }
    }

    private int ReadReady(int milliseconds)
    {
        int count = _epoll.Wait(milliseconds);
        for (int i = 0; i < count; i++)
        {
            LoadClient client = _clients[_epoll.Ready(i)];
            client.Read(_buffer);
            if (client.Ended is not null)
            {
                _ended++;
                _epoll.Remove(client.Socket);
            }
        }

        return count;
    }

    private void OnText(int user, ReadOnlySpan<byte> message)
    {
        if (_checker is not { } checker)
        {
            return;
        }

        long now = Stopwatch.GetTimestamp();
        bool isCoalesced = _isText && message.IndexOf("\"first\":\""u8) >= 0;
        StampReader stamps = new(message, _isText);
        while (stamps.TryRead())
        {
            checker.Take(user, stamps.To, stamps.N);
            _latency.Add(now - stamps.SentNs);
            _coalesced += isCoalesced ? 1 : 0;
        }

        if (stamps.IsMalformed)
        {
            checker.TakeMalformed();
        }
    }
}
