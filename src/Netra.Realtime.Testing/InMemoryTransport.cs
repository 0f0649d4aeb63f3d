using System.Buffers;
using System.Text;
using System.Threading.Channels;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Testing;

/// <summary>A transport without a socket, for tests: the other end is this object's own methods.</summary>
/// <remarks>
/// Writes can be stalled, the line be cut and the peer vanish, so slow and vanished peers need no network and no time. The peer
/// answers pings by itself, as every WebSocket stack does.
/// </remarks>
internal sealed class InMemoryTransport : IWebSocketTransport
{
    // What a frame costs besides its payload: its header, and the mask of whatever comes from a client.
    private const int FrameBytes = 6;

    private readonly Channel<ReceivedMessage> _inbound = Channel.CreateUnbounded<ReceivedMessage>();
    private readonly Channel<byte[]> _outbound = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource<(int Code, string Reason)?> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();

    private long _receivedBytes;
    private volatile bool _isSilent;
    private volatile bool _answersPings = true;

    // Guarded by _gate.
    private TaskCompletionSource? _stall;
    private bool _isGone;

    /// <summary>What the server wrote, message by message; ends when the connection does.</summary>
    public ChannelReader<byte[]> Outbound => _outbound.Reader;

    /// <summary>The server's close frame; null when the line ended without one.</summary>
    public Task<(int Code, string Reason)?> Closed => _closed.Task;

    /// <summary>Sends a text message to the server.</summary>
    public void ClientSend(string message) => ClientSend(Encoding.UTF8.GetBytes(message));

    public void ClientSend(byte[] utf8) => Arrive(new ReceivedMessage(ReceivedKind.Text, new ReadOnlySequence<byte>(utf8)));

    public void ClientSendBinary(byte[] message) => Arrive(new ReceivedMessage(ReceivedKind.Binary, new ReadOnlySequence<byte>(message)));

    /// <summary>A pong, asked for or not.</summary>
    public void ClientPong(byte[] payload) => Arrive(new ReceivedMessage(ReceivedKind.Pong, new ReadOnlySequence<byte>(payload)));

    /// <summary>A part of a message whose rest does not come.</summary>
    public void ClientSendPart(int bytes) => Interlocked.Add(ref _receivedBytes, bytes);

    /// <summary>Sends the peer's close frame.</summary>
    public void ClientClose(int code = 1000)
    {
        if (Arrive(new ReceivedMessage(ReceivedKind.Close, default, code)))
        {
            _inbound.Writer.TryComplete();
        }
    }

    /// <summary>Pings stay unanswered; all else goes on.</summary>
    public void StopAnswering() => _answersPings = false;

    /// <summary>The peer vanishes without a word, its line still open: nothing of it arrives any more, neither pong nor close.</summary>
    public void GoSilent() => _isSilent = true;

    /// <summary>The peer stops reading: writes wait from now on.</summary>
    public void Stall()
    {
        lock (_gate)
        {
            _stall ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>The peer reads again.</summary>
    public void Resume()
    {
        TaskCompletionSource? stall;
        lock (_gate)
        {
            (stall, _stall) = (_stall, null);
        }

        stall?.SetResult();
    }

    /// <summary>The line is cut: reads end, writes fail.</summary>
    public void Cut() => Abort();

    /// <inheritdoc/>
    public bool CanPing => true;

    /// <inheritdoc/>
    public long ReceivedBytes => Interlocked.Read(ref _receivedBytes);

    public bool IsSilent => _isSilent;

    /// <inheritdoc/>
    public async ValueTask<ReceivedMessage> ReceiveAsync(int maxMessageBytes, CancellationToken cancellationToken = default)
    {
        while (await _inbound.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_inbound.Reader.TryRead(out ReceivedMessage message))
            {
                return message.Payload.Length <= maxMessageBytes
                    ? message
                    : throw new RealtimeProtocolException(CloseReason.MessageTooBig, $"A message has at most {maxMessageBytes} bytes.", null);
            }
        }

        return new ReceivedMessage(ReceivedKind.Ended);
    }

    /// <inheritdoc/>
    public async ValueTask DrainAsync(CancellationToken cancellationToken = default)
    {
        while (await _inbound.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_inbound.Reader.TryRead(out ReceivedMessage message) && message.Kind == ReceivedKind.Close)
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(MessageBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Task? stall;
        lock (_gate)
        {
            ThrowIfGone();
            stall = _stall?.Task;
            if (stall is null)
            {
                Deliver(batch);
                return ValueTask.CompletedTask;
            }
        }

        return WriteAfterAsync(stall, batch);
    }

    /// <inheritdoc/>
    public ValueTask PingAsync(ReadOnlyMemory<byte> payload)
    {
        Task? stall;
        lock (_gate)
        {
            ThrowIfGone();
            stall = _stall?.Task;
            if (stall is null)
            {
                Answer(payload);
                return ValueTask.CompletedTask;
            }
        }

        return PingAfterAsync(stall, payload);
    }

    /// <inheritdoc/>
    public ValueTask CloseAsync(int code, string reason)
    {
        lock (_gate)
        {
            ThrowIfGone();
            _closed.TrySetResult((code, reason));
            _outbound.Writer.TryComplete();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void Abort()
    {
        TaskCompletionSource? stall;
        lock (_gate)
        {
            _isGone = true;
            (stall, _stall) = (_stall, null);
        }

        _inbound.Writer.TryComplete();
        _outbound.Writer.TryComplete();
        _closed.TrySetResult(null);
        stall?.SetResult();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Abort();
        return ValueTask.CompletedTask;
    }

    private async ValueTask WriteAfterAsync(Task stall, MessageBatch batch)
    {
        await stall.ConfigureAwait(false);
        lock (_gate)
        {
            ThrowIfGone();
            Deliver(batch);
        }
    }

    private async ValueTask PingAfterAsync(Task stall, ReadOnlyMemory<byte> payload)
    {
        await stall.ConfigureAwait(false);
        lock (_gate)
        {
            ThrowIfGone();
            Answer(payload);
        }
    }

    private void Answer(ReadOnlyMemory<byte> ping)
    {
        if (_answersPings)
        {
            ClientPong(ping.ToArray());
        }
    }

    private bool Arrive(ReceivedMessage message)
    {
        if (_isSilent)
        {
            return false;
        }

        Interlocked.Add(ref _receivedBytes, FrameBytes + message.Payload.Length);
        return _inbound.Writer.TryWrite(message);
    }

    private void Deliver(MessageBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            _outbound.Writer.TryWrite(batch[i].ToArray());
        }
    }

    private void ThrowIfGone()
    {
        if (_isGone)
        {
            throw new IOException("The line is cut.");
        }
    }
}
