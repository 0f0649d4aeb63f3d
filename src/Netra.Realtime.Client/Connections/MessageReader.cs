using System.Buffers;
using System.Net.WebSockets;

namespace Netra.Realtime.Client.Connections;

/// <summary>Puts messages together from what a socket hands out, up to a bound. One reader.</summary>
internal sealed class MessageReader(WebSocket socket, int maxMessageBytes) : IDisposable
{
    // Most messages are a delta; one that was much larger must not keep its memory.
    private const int KeptBytes = 4 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(KeptBytes);

    /// <summary>The message, until the next one is read.</summary>
    public ReadOnlyMemory<byte> Message { get; private set; }

    public async ValueTask<ReadOutcome> ReadAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length > 4 * KeptBytes)
        {
            Resize(KeptBytes, 0);
        }

        int length = 0;
        while (true)
        {
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return ReadOutcome.Closed;
            }

            length += received.Count;
            if (length > maxMessageBytes)
            {
                return ReadOutcome.TooBig;
            }

            if (received.EndOfMessage)
            {
                Message = _buffer.AsMemory(0, length);
                return received.MessageType == WebSocketMessageType.Text ? ReadOutcome.Text : ReadOutcome.Binary;
            }

            if (length == _buffer.Length)
            {
                Resize((int)Math.Min(2L * length, maxMessageBytes + 1L), length);
            }
        }
    }

    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        Return(buffer);
    }

    private void Resize(int bytes, int kept)
    {
        byte[] old = _buffer;
        _buffer = ArrayPool<byte>.Shared.Rent(bytes);
        old.AsSpan(0, kept).CopyTo(_buffer);
        Return(old);
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
