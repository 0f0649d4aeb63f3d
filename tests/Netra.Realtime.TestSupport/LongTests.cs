namespace Netra.Realtime.TestSupport;

/// <summary>Whether the long variants of tests run: <c>NETRA_LONG_TESTS=1</c>.</summary>
public static class LongTests
{
    public static bool Enabled { get; } = Environment.GetEnvironmentVariable("NETRA_LONG_TESTS") == "1";

    /// <summary>A count that is short by default and long by the switch.</summary>
    public static int Times(int usual, int many) => Enabled ? many : usual;

    /// <summary>How long a test that has a time budget goes on by the switch: <c>NETRA_LONG_MINUTES</c>, 30 by default.</summary>
    public static double Minutes { get; } =
        double.TryParse(Environment.GetEnvironmentVariable("NETRA_LONG_MINUTES"), System.Globalization.CultureInfo.InvariantCulture, out double minutes) ? minutes : 30;
}
