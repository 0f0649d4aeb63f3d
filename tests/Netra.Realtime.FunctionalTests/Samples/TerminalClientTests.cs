using System.Diagnostics;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Samples;

/// <summary>The sample in a terminal as its user starts it: a process of its own, at the sample AgentChat.</summary>
/// <remarks>With <c>NETRA_TERMINAL_CLIENT</c> it is the program that this names: the gate names the one published to native code.</remarks>
public sealed class TerminalClientTests : IDisposable
{
    private static readonly string? Native = Environment.GetEnvironmentVariable("NETRA_TERMINAL_CLIENT");

    private readonly string _documents = Directory.CreateTempSubdirectory("terminal-").FullName;

    public TerminalClientTests() => File.WriteAllText(Path.Combine(_documents, "coast.md"), "# Coast\n\nLighthouses are painted red every seventh winter.\n");

    public void Dispose() => Directory.Delete(_documents, recursive: true);

    [Fact]
    public async Task Question_IsFollowedToItsEndAndWrittenDown()
    {
        await using AgentChatProcess chat = await AgentChatProcess.StartAsync(_documents);

        (int exitCode, string output, string errors) = await RunAsync(Program(Endpoint(chat), "--user", "alice", "--ask", "When are lighthouses painted?"));

        Assert.Equal((0, "Connecting."), (exitCode, errors.Trim()));
        string[] lines = output.ReplaceLineEndings("\n").Split('\n');
        Assert.Equal("> librarian: When are lighthouses painted?", lines[0]);
        Assert.StartsWith("I have to find out about", lines[1], StringComparison.Ordinal);
        Assert.Equal(["list_files", "search_text", "read_file"], lines.Where(line => line.StartsWith("  + ", StringComparison.Ordinal)).Select(line => line.Split(' ')[3]));
        Assert.Contains(lines, line => line.StartsWith("Lighthouses are painted red every seventh winter.", StringComparison.Ordinal));
        Assert.StartsWith("= librarian completed in ", lines[^2], StringComparison.Ordinal);
        Assert.DoesNotContain("\e[", output, StringComparison.Ordinal); // nobody looks at it
    }

    [LinuxFact]
    public async Task Terminal_ShowsWhatIsOpenAndTakesItAway()
    {
        await using AgentChatProcess chat = await AgentChatProcess.StartAsync(_documents);
        ProcessStartInfo program = Program(Endpoint(chat), "--user", "alice", "--ask", "lighthouses");

        // script gives the program a terminal, and writes what it shows.
        ProcessStartInfo script = new("script") { ArgumentList = { "-qec", string.Join(' ', program.ArgumentList.Prepend(program.FileName)), "/dev/null" } };
        (int exitCode, string output, _) = await RunAsync(script);

        Assert.Equal(0, exitCode);
        Assert.Contains("\e[2m  . list_files", output, StringComparison.Ordinal); // while it is open
        Assert.Contains("\e[J\r\n  + list_files", output, StringComparison.Ordinal); // instead of it, once it has ended
        Assert.Contains("= librarian completed in ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_IsToldThatTheServerRefuses()
    {
        await using AgentChatProcess chat = await AgentChatProcess.StartAsync(_documents);

        (int exitCode, _, string errors) = await RunAsync(Program(Endpoint(chat)));

        Assert.Equal(1, exitCode);
        Assert.Contains("The server refused the handshake with 401.", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--token")]
    [InlineData("--colour", "blue")]
    [InlineData("ftp://example.com")]
    public async Task Arguments_NotUnderstood_AreAnsweredWithTheUsage(params string[] arguments)
    {
        (int exitCode, _, string errors) = await RunAsync(Program(arguments));

        Assert.Equal(2, exitCode);
        Assert.StartsWith("TerminalClient [URL]", errors, StringComparison.Ordinal);
    }

    private static string Endpoint(AgentChatProcess chat) => new Uri(chat.Address, "/ws").AbsoluteUri;

    // Built with these tests, in the same configuration and for the same framework.
    private static ProcessStartInfo Program(params string[] arguments)
    {
        ProcessStartInfo start = new(Native ?? "dotnet");
        if (Native is null)
        {
            start.ArgumentList.Add(Path.Combine(
                AgentChat.DocumentLibrary.RepositoryRoot, "samples", "TerminalClient", "bin",
                Path.GetRelativePath(Path.Combine(AppContext.BaseDirectory, "..", ".."), AppContext.BaseDirectory), "TerminalClient.dll"));
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using Process process = Process.Start(start)!; // it does not use the shell, so there is a process
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().OrFail();
            return (process.ExitCode, await output.OrFail(), await errors.OrFail());
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
