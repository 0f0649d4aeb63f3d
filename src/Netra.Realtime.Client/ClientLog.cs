using Microsoft.Extensions.Logging;

namespace Netra.Realtime.Client;

/// <summary>Ids 2000 to 2099.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(2000, LogLevel.Debug, "Connecting.", EventName = "Connecting")]
    public static partial void Connecting(ILogger logger);

    [LoggerMessage(2001, LogLevel.Debug, "Connected as {Connection}.", EventName = "Opened")]
    public static partial void Opened(ILogger logger, string connection);

    [LoggerMessage(2002, LogLevel.Debug, "The connection ended with {Code} (HTTP {HttpStatus}); it is tried again in {RetryIn}.", EventName = "Lost")]
    public static partial void Lost(ILogger logger, int code, int httpStatus, TimeSpan retryIn, Exception? exception);

    [LoggerMessage(2003, LogLevel.Warning, "The connection ended with {Code} (HTTP {HttpStatus}) and is not made again.", EventName = "StaysAway")]
    public static partial void StaysAway(ILogger logger, int code, int httpStatus, Exception? exception);

    [LoggerMessage(2004, LogLevel.Warning, "The credentials could not be had.", EventName = "CredentialsFailed")]
    public static partial void CredentialsFailed(ILogger logger, Exception exception);

    [LoggerMessage(2005, LogLevel.Warning, "A message of the server could not be read and is left out.", EventName = "UnreadableMessage")]
    public static partial void UnreadableMessage(ILogger logger, Exception? exception);

    [LoggerMessage(2006, LogLevel.Error, "{Callback} threw.", EventName = "CallbackFailed")]
    public static partial void CallbackFailed(ILogger logger, Exception exception, string callback);

    [LoggerMessage(2007, LogLevel.Critical, "The client failed and stays away.", EventName = "ClientFailed")]
    public static partial void ClientFailed(ILogger logger, Exception exception);
}
