namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>How far a <see cref="HttpHeadReader"/> has come.</summary>
internal enum HttpHeadStatus
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>The head is whole.</summary>
    Complete,

    /// <summary>It is no head of HTTP/1.1.</summary>
    Malformed,

    /// <summary>It has too many bytes or fields.</summary>
    TooLarge,
}
