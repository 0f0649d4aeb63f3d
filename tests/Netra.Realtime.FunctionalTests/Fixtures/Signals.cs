using System.Diagnostics;
using System.Globalization;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>Ends a process, or stops it where it is and lets it go on: its sockets stay open then, and nobody reads them.</summary>
internal static class Signals
{
    public static Task StopAsync(int process) => SendAsync("STOP", process);

    public static Task TerminateAsync(int process) => SendAsync("TERM", process);

    public static Task ContinueAsync(int process) => SendAsync("CONT", process);

    // The shell's own, which is everywhere.
    private static async Task SendAsync(string signal, int process)
    {
        using Process kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process.ToString(CultureInfo.InvariantCulture)}"]);
        await kill.WaitForExitAsync().OrFail();
        Assert.Equal(0, kill.ExitCode);
    }
}
