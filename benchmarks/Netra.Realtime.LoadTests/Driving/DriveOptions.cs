namespace Netra.Realtime.LoadTests.Driving;

/// <param name="Url">The server.</param>
/// <param name="Target">What it serves: decides the path and the handshake.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Spec">What it is to send.</param>
/// <param name="Warmups">How often that is sent before it is measured, over the same connections.</param>
/// <param name="Limit">How long a run may take.</param>
internal sealed record DriveOptions(Uri Url, string Target, int Pid, WorkloadSpec Spec, int Warmups, TimeSpan Limit)
{
    public bool IsSignalR => Target.StartsWith("signalr", StringComparison.Ordinal);

    public static DriveOptions From(CommandLine line)
    {
        WorkloadSpec spec = WorkloadSpec.Named(line.Text("--workload", "push"));
        spec = spec with { Users = line.Number("--users", spec.Users), Rounds = line.Number("--rounds", spec.Rounds) };
        return new(
            new Uri(line.Text("--url", "http://127.0.0.1:5000")), line.Text("--target", "netra"), line.Number("--pid", Environment.ProcessId),
            spec, line.Number("--warmups", 2), TimeSpan.FromSeconds(line.Number("--seconds", 60)));
    }
}
