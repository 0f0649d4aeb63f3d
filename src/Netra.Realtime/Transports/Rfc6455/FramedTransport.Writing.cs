using System.Buffers;
using System.Runtime.CompilerServices;

namespace Netra.Realtime.Transports.Rfc6455;

/// <content>The writes: those of the connection, one at a time, and the pongs between them. See <see cref="WriteTurn"/>.</content>
public sealed partial class FramedTransport
{
    /// <inheritdoc/>
    public ValueTask WriteAsync(MessageBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Count == 0)
        {
            return ValueTask.CompletedTask;
        }

        if (_isServer)
        {
            return SendAsync(FrameWriter.Pack(batch));
        }

        int bytes = FrameWriter.MaskedBytes(batch);
        byte[] masked = ArrayPool<byte>.Shared.Rent(bytes);
        FrameWriter.PackMasked(batch, masked);
        return SendAsync(masked, bytes);
    }

    /// <inheritdoc/>
    public ValueTask PingAsync(ReadOnlyMemory<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, FrameHeader.MaxControlBytes, nameof(payload));
        byte[] frame = ArrayPool<byte>.Shared.Rent(FrameWriter.MaxControlFrameBytes);
        return SendAsync(frame, FrameWriter.WriteFrame(frame, Opcode.Ping, payload.Span, isMasked: !_isServer));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The code is one that may not go over the wire.</exception>
    public async ValueTask CloseAsync(int code, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (!CloseFrame.IsCode(code))
        {
            throw new ArgumentOutOfRangeException(nameof(code), code, "No close frame may carry this code.");
        }

        if (_turn.IsClosing)
        {
            return;
        }

        byte[] frame = ArrayPool<byte>.Shared.Rent(FrameWriter.MaxControlFrameBytes);
        await SendAsync(frame, FrameWriter.WriteClose(frame, code, reason, isMasked: !_isServer), isClose: true).ConfigureAwait(false);
        NoteCloseSaid();
        if (_endSending is not null)
        {
            await _endSending().ConfigureAwait(false);
        }
    }

    // The way of nearly all writes: nobody else has the turn, and the stream takes it at once. It costs no task and no state machine.
    private ValueTask SendAsync(ReadOnlyMemory<byte> frames, bool isClose = false)
    {
        if (!_turn.TryTake(isClose, out Task? turn))
        {
            return SendInTurnAsync(turn, frames);
        }

        ValueTask write = BeginWrite(frames);
        if (!write.IsCompletedSuccessfully)
        {
            return EndWriteAsync(write);
        }

        TakeResult(write);
        EndTurn();
        return ValueTask.CompletedTask;
    }

    private static void TakeResult(ValueTask completed)
    {
#pragma warning disable RS0030 // Completed: this blocks nothing, and a pooled source is only reused once its result was taken.
        completed.GetAwaiter().GetResult();
#pragma warning restore RS0030
    }

    private async ValueTask SendAsync(byte[] ownedFrames, int bytes, bool isClose = false)
    {
        try
        {
            await SendAsync(ownedFrames.AsMemory(0, bytes), isClose).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(ownedFrames);
        }
    }

    private async ValueTask SendInTurnAsync(Task turn, ReadOnlyMemory<byte> frames)
    {
        await turn.ConfigureAwait(false);
        await EndWriteAsync(BeginWrite(frames)).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask EndWriteAsync(ValueTask write)
    {
        try
        {
            await write.ConfigureAwait(false);
        }
        catch
        {
            _turn.Break();
            throw;
        }

        _turn.ThrowIfBroken(); // an upgraded request that is aborted ends what waits on it as if it had been sent
        EndTurn();
    }

    // The caller's own frames are written. It does not wait for a pong, or a peer that pings all the time would hold it.
    private void EndTurn()
    {
        if (!_turn.TryEnd())
        {
            _ = AnswerAsync(); // as below
        }
    }

    private ValueTask BeginWrite(ReadOnlyMemory<byte> frames)
    {
        try
        {
            return _isServer ? _stream.WriteAsync(frames, CancellationToken.None) : WriteAndFlushAsync(frames);
        }
        catch
        {
            _turn.Break();
            throw;
        }
    }

    // A client's stream may be that of an HTTP/2 connection: it holds back what is written, and its end does not always end a write that waits.
    private async ValueTask WriteAndFlushAsync(ReadOnlyMemory<byte> frames)
    {
        await _stream.WriteAsync(frames, _aborted!.Token).ConfigureAwait(false); // a client has one
        await _stream.FlushAsync(_aborted.Token).ConfigureAwait(false);
    }

    // For whoever has the turn and was told that a pong waits. It may be replaced until it is taken, and never queues.
    private async ValueTask WritePongsAsync()
    {
        do
        {
            byte[]? owned = _turn.TakePong(out ReadOnlyMemory<byte> frame);
            if (owned is null)
            {
                continue;
            }

            try
            {
                await BeginWrite(frame).ConfigureAwait(false);
            }
            catch
            {
                _turn.Break();
                throw;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(owned);
            }
        }
        while (!_turn.TryEnd());
    }

    private void Answer(in ReadOnlySequence<byte> ping)
    {
        Span<byte> payload = stackalloc byte[FrameHeader.MaxControlBytes];
        ping.CopyTo(payload);
        if (_turn.TryAnswer(payload[..(int)ping.Length]))
        {
            // Not awaited, or a peer that does not read would keep us from reading. It ends by itself, with the stream at the latest.
            _ = AnswerAsync();
        }
    }

    private async Task AnswerAsync()
    {
        try
        {
            await WritePongsAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Nobody waits for this write, so the reader has to find that the socket is gone. It may be, whatever was thrown.
            Abort();
        }
    }
}
