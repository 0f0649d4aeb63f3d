namespace Netra.Realtime.TestSupport;

/// <summary>Whether the long variants of tests run: <c>NETRA_LONG_TESTS=1</c>.</summary>
public static class LongTests
{
    public static bool Enabled { get; } = Environment.GetEnvironmentVariable("NETRA_LONG_TESTS") == "1";

    /// <summary>A count that is short by default and long by the switch.</summary>
    public static int Times(int usual, int many) => Enabled ? many : usual;
}
