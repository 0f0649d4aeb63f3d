namespace Netra.Realtime.Diagnostics;

/// <summary>Names of what the library measures, for whoever listens.</summary>
public static class RealtimeTelemetry
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Netra.Realtime";
}
