using Microsoft.Extensions.Logging;

namespace Netra.Realtime.Health;

/// <summary>Ids 1200 to 1299.</summary>
internal static partial class HealthLog
{
    [LoggerMessage(1200, LogLevel.Error, "The sweep failed; the next one will try again.", EventName = "SweepFailed")]
    public static partial void SweepFailed(ILogger logger, Exception exception);
}
