using System.ComponentModel;
using System.Diagnostics;

namespace Netra.Realtime.TestSupport;

/// <summary>Where the tests run, and what is installed there.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>Whether a program is there and ends well.</summary>
    public static bool Runs(string program, params string[] arguments)
    {
        try
        {
            ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
            using Process process = Process.Start(start)!; // no shell, so it is a new process
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Netra.Realtime.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
