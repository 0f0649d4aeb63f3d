namespace Netra.Realtime.Transports;

/// <summary>What a receive brought.</summary>
public enum ReceivedKind
{
    /// <summary>The stream ended without a close frame: the peer or the network is gone.</summary>
    Ended,

    /// <summary>A whole text message, valid UTF-8.</summary>
    Text,

    /// <summary>A whole binary message.</summary>
    Binary,

    /// <summary>The peer's close frame.</summary>
    Close,

    /// <summary>A pong, asked for or not, with what it carries. Pings are answered by the transport and not shown.</summary>
    Pong,
}
