using Microsoft.Extensions.Logging;

namespace Netra.Realtime.Hosting;

/// <summary>Ids 1400 to 1499. No query, no header, no token.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(1400, LogLevel.Debug, "A handshake on a stream was refused with {StatusCode}: {Detail}", EventName = "StreamHandshakeRefused")]
    public static partial void Refused(ILogger logger, int statusCode, string detail);

    [LoggerMessage(1401, LogLevel.Warning, "A client offered only unknown versions of the netra protocol; version 1 is spoken.", EventName = "UnknownProtocolVersion")]
    public static partial void UnknownVersion(ILogger logger);

    [LoggerMessage(1402, LogLevel.Error, "The authentication of a handshake threw: the client was refused.", EventName = "AuthenticationThrew")]
    public static partial void AuthenticationThrew(ILogger logger, Exception exception);

    [LoggerMessage(1403, LogLevel.Information, "Listening on {EndPoint}.", EventName = "Listening")]
    public static partial void Listening(ILogger logger, string endPoint);

    [LoggerMessage(1404, LogLevel.Error, "Accepting a connection failed: {Error}. It is tried again.", EventName = "AcceptFailed")]
    public static partial void AcceptFailed(ILogger logger, string error);

    [LoggerMessage(1405, LogLevel.Debug, "A client did not get through TLS: {Error}.", EventName = "TlsFailed")]
    public static partial void TlsFailed(ILogger logger, string error);

    [LoggerMessage(1407, LogLevel.Error, "TLS failed, and not for what a client did.", EventName = "TlsBroken")]
    public static partial void TlsBroken(ILogger logger, Exception exception);

    [LoggerMessage(1406, LogLevel.Error, "Serving a connection failed: a fault of the library.", EventName = "ServingFailed")]
    public static partial void ServingFailed(ILogger logger, Exception exception);
}
