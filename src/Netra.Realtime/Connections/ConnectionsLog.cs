using Microsoft.Extensions.Logging;

namespace Netra.Realtime.Connections;

/// <summary>Ids 1000 to 1099. Ids only: no payload, no token, no text of a peer.</summary>
internal static partial class ConnectionsLog
{
    [LoggerMessage(1000, LogLevel.Debug, "Connection {ConnectionId} is open, resumed: {Resumed}.", EventName = "Connected")]
    public static partial void Connected(ILogger logger, string connectionId, bool resumed);

    [LoggerMessage(1001, LogLevel.Debug, "Connection {ConnectionId} closes with {Code} {Reason}.", EventName = "Closing")]
    public static partial void Closing(ILogger logger, string connectionId, int code, string reason);

    [LoggerMessage(1002, LogLevel.Debug, "Connection {ConnectionId} could not be closed in order: {Error}.", EventName = "CloseIncomplete")]
    public static partial void CloseIncomplete(ILogger logger, string connectionId, string error);

    [LoggerMessage(1003, LogLevel.Debug, "Writing to connection {ConnectionId} failed: {Error}.", EventName = "WriteFailed")]
    public static partial void WriteFailed(ILogger logger, string connectionId, string error);

    [LoggerMessage(1004, LogLevel.Debug, "Reading from connection {ConnectionId} failed: {Error}.", EventName = "ReadFailed")]
    public static partial void ReadFailed(ILogger logger, string connectionId, string error);

    [LoggerMessage(1005, LogLevel.Error, "A handler of client messages threw on connection {ConnectionId}.", EventName = "HandlerThrew")]
    public static partial void HandlerThrew(ILogger logger, Exception exception, string connectionId);

    [LoggerMessage(1007, LogLevel.Warning, "{Taken} of {Max} connections are taken: raise Limits.MaxConnections before newcomers are refused.", EventName = "NearLimit")]
    public static partial void NearLimit(ILogger logger, int taken, int max);

    [LoggerMessage(1010, LogLevel.Information, "Stopped: {Undelivered} events and {Text} pieces of text were left that no connection has received; {Unhandled} events in all were neither delivered nor handled.", EventName = "Stopped")]
    public static partial void Stopped(ILogger logger, long undelivered, long text, long unhandled);

    [LoggerMessage(1009, LogLevel.Error, "A hook of the application threw: {Hook}.", EventName = "HookThrew")]
    public static partial void HookThrew(ILogger logger, Exception exception, string hook);

    [LoggerMessage(1008, LogLevel.Error, "Handling a message of connection {ConnectionId} failed: a fault of the library.", EventName = "HandlingFailed")]
    public static partial void HandlingFailed(ILogger logger, Exception exception, string connectionId);
}
