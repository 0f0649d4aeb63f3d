using System.Buffers;
using System.Runtime.CompilerServices;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>The transport that frames by itself (RFC 6455), over any stream that is a WebSocket from here on: as server or as client.</summary>
/// <remarks>
/// What waits is written in one piece, pongs are seen, a message has bounds, and a close frame arrives. An idle connection holds no buffer
/// and no timer. A peer that does not go on with a message (1,200 bytes in 5 s) is aborted; one that sends more than 16 pings and pongs a
/// second lastingly is a violation, of which the close reason is 1008.
/// </remarks>
public sealed partial class FramedTransport : IWebSocketTransport
{
    private const int BufferBytes = 4096;

    private readonly Stream _stream;
    private readonly bool _isServer;
    private readonly TimeProvider _time;
    private readonly Action? _abort;
    private readonly Func<ValueTask>? _endSending;
    private readonly FramingLimits _limits;
    private readonly WriteTurn _turn;
    private readonly CancellationTokenSource? _aborted;

    // The reader's alone: what has been read and not yet taken is from _start to _end. A message may lie in front of it.
    private readonly FrameReader _frames;
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private bool _hasEnded;
    private TokenBucket? _controlFrames;
    private UnfinishedFrameWatch? _watch;

    // Written by the reader, read by all.
    private long _receivedBytes;

    // Set by the first abort, or the end: an abort after it would only take back what is still on its way.
    private int _isGone;

    /// <summary>Takes over a stream on which the handshake is over.</summary>
    /// <param name="stream">The stream; owned from now on. As a server, what is written has to leave it without a flush, as with that of a socket, of
    /// TLS, or of an upgraded request.</param>
    /// <param name="isServer">Whether the peer is a client, and masks; otherwise this is one.</param>
    /// <param name="time">For the time that peers have.</param>
    /// <param name="abort">What else ends the connection at once, such as <c>HttpContext.Abort</c>: disposing of the stream of
    /// an upgraded request ends neither a read nor a write. Null where disposing is enough.</param>
    public FramedTransport(Stream stream, bool isServer, TimeProvider time, Action? abort = null)
        : this(stream, isServer, time, abort, FramingLimits.Default, default)
    {
    }

    /// <summary>
    /// The same with other limits, with what was read behind the handshake, and with what ends our half of the connection: called once
    /// our close frame has left, does not throw, and is null where it would end more.
    /// </summary>
    internal FramedTransport(
        Stream stream, bool isServer, TimeProvider time, Action? abort, FramingLimits limits, ReadOnlySpan<byte> received, Func<ValueTask>? endSending = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(time);
        _stream = stream;
        _isServer = isServer;
        _time = time;
        _abort = abort;
        _endSending = endSending;
        _limits = limits;
        _turn = new WriteTurn(isMasked: !isServer);
        _aborted = isServer ? null : new CancellationTokenSource();
        _frames = new FrameReader(isServer, limits.MaxFragments);
        if (!received.IsEmpty)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(BufferBytes, received.Length));
            received.CopyTo(_buffer);
            _end = received.Length;
            _receivedBytes = received.Length;
        }
    }

    /// <summary>True.</summary>
    public bool CanPing => true;

    /// <inheritdoc/>
    public long ReceivedBytes => Volatile.Read(ref _receivedBytes);

    /// <summary>How many bytes of messages have come: what a peer says beside one that is not finished does not count.</summary>
    internal long MessageBytes => _frames.MessageBytes;

    /// <inheritdoc/>
    public ValueTask<ReceivedMessage> ReceiveAsync(int maxMessageBytes, CancellationToken cancellationToken = default) =>
        TryTake(maxMessageBytes, out ReceivedMessage message) ? new(message) : ReceiveMoreAsync(maxMessageBytes, cancellationToken);

    /// <inheritdoc/>
    public void Abort()
    {
        if (Interlocked.Exchange(ref _isGone, 1) != 0)
        {
            return;
        }

        _turn.Break();
        try
        {
            _aborted?.Cancel();
            _abort?.Invoke();
        }
        finally
        {
            _stream.Dispose();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The read buffer goes back where a receive ends. One that has not ended even now may still write into it, so then it is
        // nobody's again but the collector's.
        Volatile.Write(ref _isGone, 1);
        _turn.Break();
        _watch?.Dispose();
        await _stream.DisposeAsync().ConfigureAwait(false);
        _aborted?.Dispose();
    }

    private static bool IsGone(Exception e) => e is IOException or OperationCanceledException or InvalidOperationException;

    // Takes from what has been read: the next thing to show, with pings answered on the way.
    private bool TryTake(int maxMessageBytes, out ReceivedMessage message)
    {
        message = new ReceivedMessage(ReceivedKind.Ended);
        if (_hasEnded)
        {
            return true;
        }

        ReadOnlySequence<byte> unread = new(_buffer, _start, _end - _start);
        bool goesOn = false;
        try
        {
            while (_frames.TryRead(ref unread, maxMessageBytes, out Frame frame))
            {
                switch (frame.Opcode)
                {
                    case Opcode.Ping:
                        CountControlFrame();
                        Answer(frame.Payload);
                        continue;
                    case Opcode.Pong:
                        CountControlFrame();
                        message = new ReceivedMessage(ReceivedKind.Pong, frame.Payload);
                        goesOn = _frames.IsInMessage; // or pongs between two fragments would give the peer all the time it wants
                        return true;
                    case Opcode.Close:
                        message = new ReceivedMessage(ReceivedKind.Close, default, frame.CloseCode);
                        End(); // whatever follows is ignored
                        return true;
                    default:
                        message = new ReceivedMessage(frame.Opcode == Opcode.Text ? ReceivedKind.Text : ReceivedKind.Binary, frame.Payload);
                        return true;
                }
            }

            goesOn = true;
            return false;
        }
        finally
        {
            _start = _hasEnded ? 0 : _end - (int)unread.Length;
            if (!goesOn)
            {
                _watch?.Stop(); // before the caller has its message: what it does with it is not the peer's time
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReceivedMessage> ReceiveMoreAsync(int maxMessageBytes, CancellationToken cancellationToken)
    {
        ReceivedMessage message;
        do
        {
            if (!await FillAsync(cancellationToken).ConfigureAwait(false))
            {
                End();
                return new ReceivedMessage(ReceivedKind.Ended);
            }
        }
        while (!TryTake(maxMessageBytes, out message));

        return message;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        try
        {
            bool isUnfinished = _frames.IsInMessage || _start < _end;
            if (!isUnfinished)
            {
                _watch?.Stop();
            }

            if (!_frames.IsInFrame && _start == _end)
            {
                // A read of nothing waits for data without holding a buffer: most connections are idle most of the time.
                ReturnBuffer();
                _ = await ReadAsync(Memory<byte>.Empty, isUnfinished, cancellationToken).ConfigureAwait(false);
            }

            MakeRoom();
            int read = await ReadAsync(_buffer.AsMemory(_end), isUnfinished, cancellationToken).ConfigureAwait(false);
            NoteRead(read);
            return read > 0;
        }
        catch (Exception e) when (IsGone(e))
        {
            return false;
        }
    }

    private ValueTask<int> ReadAsync(Memory<byte> target, bool isWatched, CancellationToken cancellationToken)
    {
        ValueTask<int> reading = _stream.ReadAsync(target, cancellationToken);
        if (isWatched && !reading.IsCompleted)
        {
            _watch ??= new UnfinishedFrameWatch(this, _limits, _time);
            _watch.Start();
        }

        return reading;
    }

    private void CountControlFrame()
    {
        _controlFrames ??= new TokenBucket(_limits.ControlFrameBurst, _limits.ControlFramesPerSecond, _time);
        if (!_controlFrames.TryTake())
        {
            throw new RealtimeProtocolException(CloseReason.PolicyViolation, "Too many pings and pongs.", null);
        }
    }

    private void NoteRead(int bytes)
    {
        _end += bytes;
        Volatile.Write(ref _receivedBytes, _receivedBytes + bytes); // one reader
    }

    // What is kept is an unfinished header or control frame, so it is short, and there is room behind it.
    private void MakeRoom()
    {
        if (_buffer.Length == 0)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        }

        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
    }

    private void End()
    {
        _hasEnded = true;
        _watch?.Stop();
        _frames.Release();
        ReturnBuffer();
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = [];
        _start = _end = 0;
    }
}
