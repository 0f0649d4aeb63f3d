namespace Netra.Realtime.Transports;

/// <summary>One WebSocket as the library sees it: the seam between connections and what carries their messages.</summary>
/// <remarks>
/// A connection has one reader and one writer: an implementation is never given two receives or two writes at a time, but one
/// of each may run together, and <see cref="Abort"/> may come at any time from any thread.
/// </remarks>
public interface IWebSocketTransport : IAsyncDisposable
{
    /// <summary>Whether <see cref="PingAsync"/> works and pongs are received. Where not, the transport watches over its peer by itself.</summary>
    bool CanPing { get; }

    /// <summary>How many bytes have come from the peer, frames not finished yet included: any change is a sign of life. Read from any thread.</summary>
    /// <remarks>0 for ever where <see cref="CanPing"/> is false.</remarks>
    long ReceivedBytes { get; }

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

    /// <summary>Writes the messages of a batch, as text or as <see cref="MessageBatch.IsBinary"/> says, in order, and flushes.</summary>
    /// <param name="batch">The messages. The transport may use its buffer until the call is over; afterwards the batch is only good to be cleared.</param>
    /// <returns>When the batch is flushed. It takes no token: a cancelled send would tear the socket down, so only <see cref="Abort"/> ends one.</returns>
    ValueTask WriteAsync(MessageBatch batch);

    /// <summary>Writes a ping (RFC 6455 section 5.5.2) and flushes. It counts as a write: never beside another one.</summary>
    /// <param name="payload">At most 125 bytes, which the pong brings back.</param>
    /// <returns>When the ping is flushed. The pong comes as <see cref="ReceivedKind.Pong"/>.</returns>
    /// <exception cref="NotSupportedException"><see cref="CanPing"/> is false.</exception>
    ValueTask PingAsync(ReadOnlyMemory<byte> payload);

    /// <summary>Sends a close frame (RFC 6455 section 5.5.1). Nothing may be written after it.</summary>
    /// <param name="code">The close code.</param>
    /// <param name="reason">At most 123 bytes of UTF-8.</param>
    /// <returns>When the frame is flushed. It does not wait for the peer's answer: receiving shows that.</returns>
    ValueTask CloseAsync(int code, string reason);

    /// <summary>Ends the socket without a handshake; whatever waits in a receive or a write ends.</summary>
    void Abort();
}
