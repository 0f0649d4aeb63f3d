using System.Diagnostics;
using System.Globalization;
using Netra.Realtime.LoadTests.Driving;

namespace Netra.Realtime.LoadTests.Comparing;

/// <summary>Runs each scenario against its targets, in turn, each run with a server and a driver of its own, and writes its table.</summary>
internal static class Comparison
{
    public static async Task<int> RunAsync(CommandLine line, string[] args)
    {
        bool isQuick = line.Has("--quick");
        string[] only = line.Text("--only", string.Join(',', Scenarios.All.Where(scenario => !scenario.IsLong).Select(scenario => scenario.Name))).Split(',');
        string folder = line.Text("--out", isQuick ? "" : ResultsFolder());
        bool isSound = true;
        foreach (Scenario scenario in only.Select(Scenarios.Named))
        {
            int runs = Math.Max(line.Number("--runs", isQuick ? 1 : 5), isQuick ? 1 : scenario.LeastRuns);
            string[] targets = [.. line.Text("--targets", string.Join(',', scenario.Targets)).Split(',').Where(scenario.Targets.Contains)];
            ComparisonReport report = new(scenario, string.Join(' ', args), isQuick);
            for (int run = 1; run <= runs; run++)
            {
                foreach ((string load, string label) in scenario.Parts)
                {
                    foreach (string target in targets)
                    {
                        DriveResult result = await DriveAsync(target, load, isQuick);
                        report.Add(run, label, result);
                        isSound &= result.IsSound;
                        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                            $"{load} {target}: {scenario.Columns[0].Title} {result[scenario.Columns[0].Figure]:F2} {result.Fault}"));
                    }
                }

                // After each pass, so that a comparison that is stopped leaves what it has.
                if (folder.Length > 0)
                {
                    await File.WriteAllTextAsync(Path.Combine(folder, scenario.File), report.ToString());
                }
            }

            Console.WriteLine(report.ToString());
        }

        return isSound ? 0 : 1;
    }

    // `dotnet run` starts a web project in its own folder, not in the one it was called from.
    internal static string ResultsFolder()
    {
        DirectoryInfo? folder = new(Directory.GetCurrentDirectory());
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "benchmarks", "results")))
        {
            folder = folder.Parent;
        }

        return folder is null ? "." : Path.Combine(folder.FullName, "benchmarks", "results");
    }

    private static async Task<DriveResult> DriveAsync(string target, string load, bool isQuick)
    {
        using ServerProcess server = await ServerProcess.StartAsync(target, Load.Named(load, isQuick).Server);
        string[] quick = isQuick ? ["--quick"] : [];
        using Process driver = ServerProcess.Start(
            1,
            ["drive", "--url", server.Url, "--target", target, "--pid", $"{server.Id}", "--workload", load, .. quick]);
        string said = await driver.StandardOutput.ReadToEndAsync();
        await driver.WaitForExitAsync();
        return said.Length > 0
            ? DriveResult.FromJson(said)
            : new DriveResult { Target = target, Workload = load, Fault = $"the driver ended with {driver.ExitCode}" };
    }
}
