namespace Netra.Realtime.LoadTests;

/// <summary>What a load wants of its server otherwise than usual; 0 is as usual.</summary>
internal sealed record ServerSettings
{
    /// <summary>The kernel's send buffer of each connection; without, megabytes on the loopback, and with netra its own default.</summary>
    public int SendBufferBytes { get; init; }

    /// <summary>Between two pings to a client; without, what each target does by default.</summary>
    public int PingSeconds { get; init; }

    /// <summary>What netra's log of each user keeps; without, its own default.</summary>
    public int LogBytes { get; init; }

    /// <summary>What all of netra's logs together may keep; without, so much that it is in nobody's way.</summary>
    public int LogBudgetBytes { get; init; }

    public static ServerSettings From(CommandLine line) => new()
    {
        SendBufferBytes = line.Number("--send-buffer", 0),
        PingSeconds = line.Number("--ping-seconds", 0),
        LogBytes = line.Number("--log-bytes", 0),
        LogBudgetBytes = line.Number("--log-budget", 0),
    };

    public string[] ToArguments() =>
        ["--send-buffer", $"{SendBufferBytes}", "--ping-seconds", $"{PingSeconds}", "--log-bytes", $"{LogBytes}", "--log-budget", $"{LogBudgetBytes}"];
}
