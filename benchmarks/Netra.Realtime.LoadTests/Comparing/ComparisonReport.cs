using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Netra.Realtime.LoadTests.Driving;

namespace Netra.Realtime.LoadTests.Comparing;

/// <summary>The tables of a comparison, as Markdown.</summary>
internal sealed class ComparisonReport(string command, int runs)
{
    private readonly StringBuilder _tables = new();

    public void Add(string workload, WorkloadSpec spec, IReadOnlyList<DriveResult> results)
    {
        List<double> own = [.. results.Where(r => r.Target == "netra" && r.IsSound).Select(r => r.MicrosPerMessage).Order()];
        double netra = own.Count > 0 ? Median(own) : 0;
        Line($"## {workload}");
        _tables.AppendLine();
        Line($"{Meaning(spec)} {results[0].Expected:N0} messages a run.");
        _tables.AppendLine();
        _tables.AppendLine("| target | CPU us/message, median | min-max | ratio to netra | p50 ms | p99 ms | alloc B/message | coalesced | driver CPU | server RssAnon MiB |");
        _tables.AppendLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (IGrouping<string, DriveResult> target in results.GroupBy(r => r.Target))
        {
            if (target.FirstOrDefault(r => !r.IsSound) is { } broken)
            {
                Line($"| {target.Key} | no figures: {broken.Fault} | | | | | | | | |");
                continue;
            }

            List<double> cpu = [.. target.Select(r => r.MicrosPerMessage).Order()];
            string ratio = netra > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Median(cpu) / netra:F2}") : "-";
            double Of(Func<DriveResult, double> value) => Median([.. target.Select(value).Order()]);
            Line($"| {target.Key} | {Median(cpu):F2} | {cpu[0]:F2}-{cpu[^1]:F2} | {ratio} | {Of(r => r.P50Ms):F2} | {Of(r => r.P99Ms):F2} | {Of(r => r.AllocPerEvent):F0} | {Of(r => r.CoalescedShare):P0} | {Of(r => r.DriverShare):P0} | {Of(r => r.ServerAnonymousKiB) / 1024:F0} |");
        }

        _tables.AppendLine();
    }

    public override string ToString()
    {
        string pinned = ServerProcess.CanPin ? "server on processor 0, driver on processor 1" : "not pinned to processors";
        StringBuilder all = new();
        all.AppendLine(CultureInfo.InvariantCulture, $"Machine: {Environment.ProcessorCount} virtual cores ({RuntimeInformation.ProcessArchitecture}, shared), {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, workstation GC; {pinned}.");
        all.AppendLine();
        all.AppendLine("# What does a message cost, side by side?");
        all.AppendLine();
        all.AppendLine(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd}; {runs} runs of each, targets in turn, medians. Every run checked: each user got all of his messages, once, in order, and no one else's.");
        all.AppendLine("Ratios are what to read: the machine is shared. Latency without a rate is the length of the queue, not the speed of the way; `paced` has a rate.");
        all.AppendLine();
        all.AppendLine("```");
        all.AppendLine(CultureInfo.InvariantCulture, $"dotnet run -c Release --project benchmarks/Netra.Realtime.LoadTests -- {command}");
        all.AppendLine("```");
        all.AppendLine();
        return all.Append(_tables.ToString().TrimEnd()).AppendLine().ToString();
    }

    internal static double Median(IReadOnlyList<double> ordered) => ordered.Count % 2 == 1
        ? ordered[ordered.Count / 2]
        : (ordered[(ordered.Count / 2) - 1] + ordered[ordered.Count / 2]) / 2;

    private static string Meaning(WorkloadSpec spec) => spec.Kind switch
    {
        "tput" when spec.Each == 1 => $"One event of {spec.Size} bytes after another, to each user in turn.",
        "tput" => $"{spec.Each} events of {spec.Size} bytes at once to each user in turn; netra in a batch scope, the others one by one, which is what they have.",
        "burst" when spec.InScope => $"{spec.Each} text deltas of {spec.Size} bytes at once to each user in turn; netra in a batch scope, so that they are joined, the others one by one.",
        "burst" => $"{spec.Each} text deltas of {spec.Size} bytes to each user in turn, each emitted for itself: no batch scope.",
        "bcast" => $"One event of {spec.Size} bytes to all {spec.Users} users; netra to a room, which puts it into each member's log.",
        _ => $"Events of {spec.Size} bytes, {spec.Rate:N0} a second over {spec.Users} users.",
    };

    private void Line(FormattableString line) => _tables.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
