namespace Netra.Realtime.Diagnostics;

/// <summary>How a handshake ended that the library itself read from a stream.</summary>
internal enum HandshakeOutcome
{
    /// <summary>101: it is a WebSocket from here on.</summary>
    Accepted,

    /// <summary>4xx: what was asked for is not served, or not to this client.</summary>
    RefusedByRequest,

    /// <summary>5xx: the host cannot take it now.</summary>
    RefusedByServer,

    /// <summary>Its time was over before the answer was out.</summary>
    TimedOut,

    /// <summary>The client left first.</summary>
    Left,
}
