using System.Diagnostics;

namespace Netra.Realtime.LoadTests.Comparing;

/// <summary>This program once more, on a processor of its own.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, string url)
    {
        _process = process;
        Url = url;
    }

    public int Id => _process.Id;

    public string Url { get; }

    public static async Task<ServerProcess> StartAsync(string target, ServerSettings settings)
    {
        Process process = Start(0, ["serve", "--target", target, .. settings.ToArguments()]);
        string? url = await process.StandardOutput.ReadLineAsync();
        if (url is not null)
        {
            return new ServerProcess(process, url);
        }

        process.Dispose();
        throw new InvalidOperationException($"The server for {target} did not start.");
    }

    /// <summary>Starts a command of this program; with two processors and <c>taskset</c>, on the one that is named.</summary>
    public static Process Start(int processor, params string[] arguments)
    {
        ProcessStartInfo info = new() { RedirectStandardOutput = true, UseShellExecute = false };
        info.Environment["DOTNET_ENVIRONMENT"] = "Testing";
        info.Environment.Remove("ASPNETCORE_ENVIRONMENT");
        if (CanPin)
        {
            info.FileName = "taskset";
            info.ArgumentList.Add("-c");
            info.ArgumentList.Add($"{processor}");
            info.ArgumentList.Add("dotnet");
        }
        else
        {
            info.FileName = "dotnet";
        }

        info.ArgumentList.Add(typeof(ServerProcess).Assembly.Location);
        foreach (string argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        // taskset becomes the program, so the id is the program's own.
        return Process.Start(info) ?? throw new InvalidOperationException("No process was started.");
    }

    public static bool CanPin { get; } = Environment.ProcessorCount >= 2 && File.Exists("/usr/bin/taskset");

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
