using Microsoft.Extensions.Logging;

namespace Netra.Realtime.Sessions;

/// <summary>Ids 1500 to 1599.</summary>
internal static partial class SessionsLog
{
    [LoggerMessage(1500, LogLevel.Error, "A clean-up callback of the application threw; the others are called all the same.", EventName = "CleanupThrew")]
    public static partial void CleanupThrew(ILogger logger, Exception exception);

    [LoggerMessage(1501, LogLevel.Error, "The handler of undelivered events threw: {Count} events are lost.", EventName = "UndeliveredHandlerThrew")]
    public static partial void UndeliveredHandlerThrew(ILogger logger, Exception exception, int count);
}
