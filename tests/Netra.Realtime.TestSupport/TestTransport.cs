namespace Netra.Realtime.TestSupport;

/// <summary>What carries the connections of tests on sockets: the library's own framing under Kestrel, or by <c>NETRA_TEST_TRANSPORT</c> something else.</summary>
public static class TestTransport
{
    private static readonly string? Name = Environment.GetEnvironmentVariable("NETRA_TEST_TRANSPORT");

    /// <summary><c>system-net</c>: the framework's framing under Kestrel.</summary>
    public static bool IsSystemNet { get; } = Name == "system-net";

    /// <summary><c>listener</c>: the library's own framing and its own listener.</summary>
    public static bool IsListener { get; } = Name == "listener";
}
