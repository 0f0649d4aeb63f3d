namespace Netra.Realtime.LoadTests.Driving;

/// <summary>What a connection costs in memory on which nothing happens: the server with all of them, less the server without.</summary>
internal sealed class IdleDrive : IDisposable
{
    private const int WarmUpConnections = 100;

    private readonly DriveOptions _options;
    private readonly IdleLoad _load;
    private readonly ClientLoop _clients;
    private readonly ServerControl _server;

    public IdleDrive(DriveOptions options, IdleLoad load, CancellationToken cancellationToken)
    {
        _options = options;
        _load = load;
        _clients = new ClientLoop(options, isEcho: false, static (_, _) => { }, cancellationToken);
        _server = new ServerControl(options, _clients);
    }

    public DriveResult Run()
    {
        // The code that a first connection makes ready is not what the ten-thousandth costs.
        bool isDone = WarmUp();
        double heap = _server.Collect(), anonymous = _server.AnonymousBytes;
        isDone = isDone && _clients.OpenAll(WarmUpConnections, _load.Connections);
        _clients.ReadUntilQuiet();
        double heapBytes = _server.Collect() - heap, anonymousBytes = _server.AnonymousBytes - anonymous;
        int connections = _server.Connections();
        return new DriveResult
        {
            Target = _options.Target,
            Workload = "idle",
            Expected = _load.Connections,
            Received = connections,
            Fault = _clients.Fault ?? (!isDone ? "the time was over" : connections == _load.Connections ? null : $"the server has {connections} connections"),
            Figures = new Dictionary<string, double>(StringComparer.Ordinal)
            {
                [Figure.HeapPerConnection] = heapBytes / _load.Connections,
                [Figure.AnonymousPerConnection] = anonymousBytes / _load.Connections,
                [Figure.ServerAnonymousMiB] = _server.AnonymousBytes / 1024 / 1024,
            },
        };
    }

    public void Dispose()
    {
        _server.Dispose();
        _clients.Dispose();
    }

    private bool WarmUp() => _clients.OpenAll(0, WarmUpConnections) && _clients.CloseAll() && _server.WaitUntilEmpty();
}
