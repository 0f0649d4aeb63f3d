using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.ForeignPeers;

/// <summary>The programs of others that the tests lead.</summary>
internal static class PeerTools
{
    public const string Curl = "curl";
    public const string Node = "node";

    /// <summary>Debian's, which has Debian's packages; elsewhere the one on the path.</summary>
    public static readonly string Python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    /// <summary>Where the scripts and their packages are.</summary>
    public static readonly string Folder = Path.Combine(Repository.Root, "tests", "Netra.Realtime.FunctionalTests", "ForeignPeers");

    /// <summary>Why these tests are skipped; null when nothing is missing, or nothing may be.</summary>
    public static readonly string? Missing = Environment.GetEnvironmentVariable("NETRA_REQUIRE_PEERS") == "1" ? null : FindMissing();

    /// <summary>The same for tests that need only Python's client.</summary>
    public static readonly string? MissingPython = Environment.GetEnvironmentVariable("NETRA_REQUIRE_PEERS") == "1" ? null : FindMissingPython();

    private static string? FindMissing() =>
        !Repository.Runs(Curl, "--version") ? "No curl was found."
        : !Repository.Runs(Node, "--version") ? "No node was found."
        : !Directory.Exists(Path.Combine(Folder, "node_modules", "ws")) ? "The package ws is missing: npm ci in tests/Netra.Realtime.FunctionalTests/ForeignPeers."
        : FindMissingPython();

    private static string? FindMissingPython() =>
        !Repository.Runs(Python, "-c", "import websockets") ? $"{Python} has no package websockets (Debian: python3-websockets)." : null;
}
