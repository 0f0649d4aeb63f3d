using Microsoft.Extensions.Logging;

namespace Netra.Realtime.AspNetCore;

/// <summary>Ids 1300 to 1399. No query, no header, no token.</summary>
internal static partial class EndpointLog
{
    [LoggerMessage(1300, LogLevel.Debug, "A handshake was refused with {StatusCode}: {Detail}", EventName = "HandshakeRefused")]
    public static partial void Refused(ILogger logger, int statusCode, string detail);
}
