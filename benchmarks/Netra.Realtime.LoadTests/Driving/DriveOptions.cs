namespace Netra.Realtime.LoadTests.Driving;

/// <param name="Url">The server.</param>
/// <param name="Target">What it serves: decides the path and the handshake.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Load">What is done to it.</param>
/// <param name="Warmups">How often a part of that is done before it is measured.</param>
/// <param name="Limit">How long any part of it may take.</param>
internal sealed record DriveOptions(Uri Url, string Target, int Pid, Load Load, int Warmups, TimeSpan Limit)
{
    /// <summary>Where its WebSockets are; the server says so.</summary>
    public Uri SocketUrl { get; init; } = Url;

    public bool IsSignalR => Target.StartsWith("signalr", StringComparison.Ordinal);

    /// <summary>Whether the hub keeps what it sends until it is acknowledged, for who comes back soon.</summary>
    public bool IsStateful => Target == Targets.Target.Stateful;

    /// <summary>Whether who comes back gets what he missed.</summary>
    public bool CanResume => IsStateful || Target.StartsWith("netra", StringComparison.Ordinal);

    public static DriveOptions From(CommandLine line)
    {
        Load load = LoadOf(line);
        return new DriveOptions(
            new Uri(line.Text("--url", "http://127.0.0.1:5000")), line.Text("--target", "netra"), line.Number("--pid", Environment.ProcessId),
            load, line.Number("--warmups", line.Has("--quick") ? 1 : load.Warmups), TimeSpan.FromSeconds(line.Number("--seconds", 60)));
    }

    private static Load LoadOf(CommandLine line)
    {
        Load load = Load.Named(line.Text("--workload", "push"), line.Has("--quick"));
        return load is StormLoad storm
            ? storm with { Connections = line.Number("--connections", storm.Connections), Missed = line.Number("--missed", storm.Missed) }
            : load;
    }
}
