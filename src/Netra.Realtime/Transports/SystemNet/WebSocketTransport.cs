using System.Buffers;
using System.Net.WebSockets;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Transports.SystemNet;

/// <summary>The transport over <see cref="WebSocket"/>, of any origin: ASP.NET Core, a client, a test.</summary>
/// <remarks>
/// Pongs are invisible here, so the socket's own keep-alive (<see cref="WebSocketCreationOptions.KeepAliveInterval"/> and
/// <see cref="WebSocketCreationOptions.KeepAliveTimeout"/>) has to watch over the peer. Each message is a send of its own,
/// because <see cref="WebSocket"/> flushes with each.
/// </remarks>
public sealed class WebSocketTransport : IWebSocketTransport
{
    private const int FirstBufferBytes = 4096;

    // A message of many empty fragments costs work and no bytes, so the byte limit never sees it.
    private const int MaxEmptyFragments = 128;

    private readonly WebSocket _socket;
    private readonly Action? _abort;
    private byte[]? _received;

    /// <summary>Takes over a socket that is open.</summary>
    /// <param name="socket">The socket; owned from now on.</param>
    /// <param name="abort">What else ends the connection at once, such as <c>HttpContext.Abort</c>: disposing of the stream of
    /// an upgraded request does not end a write that waits for the peer. Null where aborting the socket is enough.</param>
    public WebSocketTransport(WebSocket socket, Action? abort = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        _socket = socket;
        _abort = abort;
    }

    /// <summary>False: <see cref="WebSocket"/> shows no pongs.</summary>
    public bool CanPing => false;

    /// <summary>0: <see cref="WebSocket"/> shows messages and not bytes.</summary>
    public long ReceivedBytes => 0;

    /// <inheritdoc/>
    public async ValueTask<ReceivedMessage> ReceiveAsync(int maxMessageBytes, CancellationToken cancellationToken = default)
    {
        ReturnReceived();
        try
        {
            // A read of nothing waits for data without holding a buffer: most connections are idle most of the time.
            ValueWebSocketReceiveResult result = await _socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            int length = 0;
            int emptyFragments = 0;
            while (result.MessageType != WebSocketMessageType.Close && !result.EndOfMessage)
            {
                EnsureRoom(length, maxMessageBytes);
                result = await _socket.ReceiveAsync(_received.AsMemory(length), cancellationToken).ConfigureAwait(false);
                length += result.Count;
                if (length > maxMessageBytes)
                {
                    throw new RealtimeProtocolException(CloseReason.MessageTooBig, $"A message has at most {maxMessageBytes} bytes.", null);
                }

                if (result is { Count: 0, EndOfMessage: false } && ++emptyFragments > MaxEmptyFragments)
                {
                    throw new RealtimeProtocolException(CloseReason.PolicyViolation, "A message has too many empty fragments.", null);
                }
            }

            return result.MessageType switch
            {
                WebSocketMessageType.Close => new ReceivedMessage(ReceivedKind.Close, default, (int)(_socket.CloseStatus ?? WebSocketCloseStatus.Empty)),
                WebSocketMessageType.Binary => new ReceivedMessage(ReceivedKind.Binary, new ReadOnlySequence<byte>(_received.AsMemory(0, length))),
                _ => new ReceivedMessage(ReceivedKind.Text, new ReadOnlySequence<byte>(_received.AsMemory(0, length))),
            };
        }
        catch (WebSocketException e) when (e.WebSocketErrorCode == WebSocketError.Faulted)
        {
            // The socket has said 1002 or 1007 by itself, and does not tell which. It has to arrive, so this is no peer that is gone.
            throw new RealtimeProtocolException(CloseReason.ProtocolError, "The peer broke RFC 6455.", e);
        }
        catch (Exception e) when (IsGone(e))
        {
            ReturnReceived();
            return new ReceivedMessage(ReceivedKind.Ended);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DrainAsync(CancellationToken cancellationToken = default)
    {
        ReturnReceived();
        byte[] discarded = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        try
        {
            while (_socket.State is WebSocketState.Open or WebSocketState.CloseSent)
            {
                ValueWebSocketReceiveResult result = await _socket.ReceiveAsync(discarded.AsMemory(), cancellationToken).ConfigureAwait(false);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (IsGone(e))
        {
            // Gone is what this waits for.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(discarded);
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(MessageBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Count == 1 ? SendAsync(batch, 0) : WriteAllAsync(batch);
    }

    /// <summary>Not supported, see <see cref="CanPing"/>.</summary>
    /// <param name="payload">Not used.</param>
    /// <returns>Never.</returns>
    /// <exception cref="NotSupportedException">Always.</exception>
    public ValueTask PingAsync(ReadOnlyMemory<byte> payload) => throw new NotSupportedException("WebSocket sends its pings by itself.");

    /// <inheritdoc/>
    public async ValueTask CloseAsync(int code, string reason)
    {
        if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await _socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Abort()
    {
        _socket.Abort();
        _abort?.Invoke();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        // The buffer goes back where a receive ends. One that has not ended even now may still write into it, so then it is
        // nobody's again but the collector's.
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private static bool IsGone(Exception e) =>
        e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;

    private async ValueTask WriteAllAsync(MessageBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            await SendAsync(batch, i).ConfigureAwait(false);
        }
    }

    private ValueTask SendAsync(MessageBatch batch, int index) => _socket.SendAsync(
        batch[index], batch.IsBinary ? WebSocketMessageType.Binary : WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    // Doubles from 4 KiB up to one byte more than the limit: enough to see that the limit is passed.
    private void EnsureRoom(int length, int maxMessageBytes)
    {
        if (_received is not null && length < _received.Length)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(Math.Max(FirstBufferBytes, length * 2), maxMessageBytes + 1));
        _received.AsSpan(0, length).CopyTo(larger);
        ReturnReceived();
        _received = larger;
    }

    private void ReturnReceived()
    {
        byte[]? buffer = Interlocked.Exchange(ref _received, null);
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
