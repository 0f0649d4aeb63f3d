namespace Netra.Realtime.Transports;

/// <summary>One WebSocket as the library sees it: the seam between connections and what carries their messages.</summary>
/// <remarks>
/// A connection has one reader and one writer: an implementation is never given two receives or two writes at a time, but one
/// of each may run together, and <see cref="Abort"/> may come at any time from any thread.
/// </remarks>
public interface IWebSocketTransport : IAsyncDisposable
{
    /// <summary>Receives the next message, whole.</summary>
    /// <param name="maxMessageBytes">The largest message accepted.</param>
    /// <param name="cancellationToken">Gives up waiting; the socket may be aborted by it.</param>
    /// <returns>The message. Its payload is valid until the next call.</returns>
    /// <exception cref="Protocol.RealtimeProtocolException">The peer broke a rule; the exception carries the close reason. Call <see cref="DrainAsync"/> next, not this again.</exception>
    ValueTask<ReceivedMessage> ReceiveAsync(int maxMessageBytes, CancellationToken cancellationToken = default);

    /// <summary>Reads and discards until the peer closes or its stream ends, so that a close frame sent meanwhile is not lost to a reset.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>When the peer is gone.</returns>
    ValueTask DrainAsync(CancellationToken cancellationToken = default);

    /// <summary>Writes the messages of a batch as text, in order, and flushes.</summary>
    /// <param name="batch">The messages; the transport may use the header room in front of each until the call is over.</param>
    /// <returns>When the batch is flushed. It takes no token: a cancelled send would tear the socket down, so only <see cref="Abort"/> ends one.</returns>
    ValueTask WriteAsync(MessageBatch batch);

    /// <summary>Sends a close frame (RFC 6455 section 5.5.1). Nothing may be written after it.</summary>
    /// <param name="code">The close code.</param>
    /// <param name="reason">At most 123 bytes of UTF-8.</param>
    /// <returns>When the frame is flushed. It does not wait for the peer's answer: receiving shows that.</returns>
    ValueTask CloseAsync(int code, string reason);

    /// <summary>Ends the socket without a handshake; whatever waits in a receive or a write ends.</summary>
    void Abort();
}
