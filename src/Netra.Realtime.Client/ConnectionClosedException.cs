using System.Net;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client;

/// <summary>The client stays away, for good: only another client, perhaps with other credentials, may connect again.</summary>
public sealed class ConnectionClosedException : RealtimeException
{
    internal ConnectionClosedException(CloseReason reason, HttpStatusCode? httpStatus = null, Exception? innerException = null)
        : base(Describe(reason, httpStatus), innerException) => (CloseReason, HttpStatus) = (reason, httpStatus);

    /// <summary>With what the server closed; 1006 when the handshake was refused.</summary>
    public CloseReason CloseReason { get; }

    /// <summary>With what the server refused the handshake, 401 or 403; null when it did not.</summary>
    public HttpStatusCode? HttpStatus { get; }

    private static string Describe(CloseReason reason, HttpStatusCode? status) => status is { } refused
        ? $"The server refused the handshake with {(int)refused}."
        : $"The connection was closed and is not made again: {reason.Code} {reason.Reason}".TrimEnd() + ".";
}
