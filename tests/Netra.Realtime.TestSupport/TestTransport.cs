namespace Netra.Realtime.TestSupport;

/// <summary>What carries the connections of tests on sockets: the library's own framing, or by <c>NETRA_TEST_TRANSPORT=system-net</c> that of the framework.</summary>
public static class TestTransport
{
    public static bool IsSystemNet { get; } = Environment.GetEnvironmentVariable("NETRA_TEST_TRANSPORT") == "system-net";
}
