namespace Netra.Realtime.Diagnostics;

/// <summary>The ranges of log ids by folder; a test proves that each log class stays in its own.</summary>
internal static class LogIds
{
    public static readonly IReadOnlyDictionary<string, (int First, int Last)> Ranges = new Dictionary<string, (int, int)>(StringComparer.Ordinal)
    {
        ["ConnectionsLog"] = (1000, 1099),
        ["RunsLog"] = (1100, 1199),
        ["HealthLog"] = (1200, 1299),
        ["HostingLog"] = (1400, 1499),
        ["SessionsLog"] = (1500, 1599),
        ["EndpointLog"] = (1300, 1399),
    };
}
