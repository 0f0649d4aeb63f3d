using System.Diagnostics;
using System.Globalization;
using Netra.Realtime.LoadTests.Driving;
using Netra.Realtime.LoadTests.Targets;

namespace Netra.Realtime.LoadTests.Comparing;

/// <summary>Runs workloads against targets, in turn, each run with a server and a driver of its own, and writes the tables.</summary>
internal static class Comparison
{
    public static async Task<int> RunAsync(CommandLine line, string[] args)
    {
        bool isQuick = line.Has("--quick");
        int runs = line.Number("--runs", isQuick ? 1 : 5);
        string[] workloads = line.Text("--only", string.Join(',', WorkloadSpec.Names)).Split(',');
        string[] targets = line.Text("--targets", string.Join(',', Target.Names)).Split(',');
        string file = line.Text("--out", isQuick ? "" : "benchmarks/results/compare.md");
        ComparisonReport report = new(string.Join(' ', args), runs);
        bool isSound = true;
        foreach (string workload in workloads)
        {
            List<DriveResult> results = [];
            for (int run = 0; run < runs; run++)
            {
                foreach (string target in targets)
                {
                    DriveResult result = await DriveAsync(target, workload, isQuick);
                    await Console.Error.WriteLineAsync(
                        string.Create(CultureInfo.InvariantCulture, $"{workload} {target}: {result.MicrosPerMessage:F2} us {result.Fault}"));
                    isSound &= result.IsSound;
                    results.Add(result);
                }
            }

            report.Add(workload, results);
        }

        string text = report.ToString();
        Console.WriteLine(text);
        if (file.Length > 0)
        {
            await File.WriteAllTextAsync(file, text);
        }

        return isSound ? 0 : 1;
    }

    private static async Task<DriveResult> DriveAsync(string target, string workload, bool isQuick)
    {
        using ServerProcess server = await ServerProcess.StartAsync(target);
        string pid = server.Id.ToString(CultureInfo.InvariantCulture);
        string[] arguments = ["drive", "--url", server.Url, "--target", target, "--pid", pid, "--workload", workload];
        string[] quick = ["--users", "100", "--rounds", "50", "--warmups", "1"];
        using Process driver = ServerProcess.Start(1, isQuick ? [.. arguments, .. quick] : arguments);
        string said = await driver.StandardOutput.ReadToEndAsync();
        await driver.WaitForExitAsync();
        return DriveResult.FromJson(said);
    }
}
