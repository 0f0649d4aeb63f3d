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
        string file = line.Text("--out", isQuick ? "" : ResultsFile());
        bool isSound = true;
        Dictionary<string, List<DriveResult>> results = workloads.ToDictionary(name => name, _ => new List<DriveResult>(), StringComparer.Ordinal);
        string text = "";
        for (int run = 1; run <= runs; run++)
        {
            foreach ((string workload, List<DriveResult> own) in results)
            {
                foreach (string target in targets)
                {
                    DriveResult result = await DriveAsync(target, workload, Spec(workload, isQuick), isQuick ? 1 : 2);
                    await Console.Error.WriteLineAsync(
                        string.Create(CultureInfo.InvariantCulture, $"{workload} {target}: {result.MicrosPerMessage:F2} us {result.Fault}"));
                    isSound &= result.IsSound;
                    own.Add(result);
                }
            }

            // After each pass, so that a comparison that is stopped leaves what it has.
            ComparisonReport report = new(string.Join(' ', args), run);
            foreach ((string workload, List<DriveResult> own) in results)
            {
                report.Add(workload, Spec(workload, isQuick), own);
            }

            text = report.ToString();
            if (file.Length > 0)
            {
                await File.WriteAllTextAsync(file, text);
            }
        }

        Console.WriteLine(text);
        return isSound ? 0 : 1;
    }

    // `dotnet run` starts a web project in its own folder, not in the one it was called from.
    private static string ResultsFile()
    {
        DirectoryInfo? folder = new(Directory.GetCurrentDirectory());
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "benchmarks", "results")))
        {
            folder = folder.Parent;
        }

        return folder is null ? "compare.md" : Path.Combine(folder.FullName, "benchmarks", "results", "compare.md");
    }

    private static WorkloadSpec Spec(string workload, bool isQuick) => isQuick ? WorkloadSpec.Named(workload).Quick() : WorkloadSpec.Named(workload);

    private static async Task<DriveResult> DriveAsync(string target, string workload, WorkloadSpec spec, int warmups)
    {
        using ServerProcess server = await ServerProcess.StartAsync(target);
        using Process driver = ServerProcess.Start(
            1, "drive", "--url", server.Url, "--target", target, "--pid", $"{server.Id}", "--workload", workload,
            "--users", $"{spec.Users}", "--rounds", $"{spec.Rounds}", "--warmups", $"{warmups}");
        string said = await driver.StandardOutput.ReadToEndAsync();
        await driver.WaitForExitAsync();
        return DriveResult.FromJson(said);
    }
}
