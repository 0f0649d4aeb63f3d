using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>Whose turn it is to write: the connection's writer's, or that of whoever answers a ping. A pong goes between writes, never into one.</summary>
/// <remarks>
/// <para><c>_gate</c> guards everything. Two may want to write: the connection's writer (messages, pings, the close; one at a time), and
/// the reader, which answers pings and must not wait for a slow peer. So these meet:</para>
/// <para>A ping comes while nobody writes: the reader takes the turn in <see cref="TryAnswer"/> and writes the pong, but does not wait for
/// it. A ping comes while somebody writes: the pong stays here, in place of an older one, and whoever has the turn hands it on to such an
/// answer instead of giving it back. Leaving a pong and giving back exclude each other by the gate, so no pong is forgotten.</para>
/// <para>The writer comes while a pong is being written: it waits for its turn and gets it from <see cref="TryEnd"/>, ahead of a pong that
/// came meanwhile, so that pings cannot keep it out; that pong comes after its own. The close ends the pongs: nothing may
/// follow it. A write that fails, and an abort, break the turn: who waits fails, and nobody gets it again.</para>
/// </remarks>
internal sealed class WriteTurn(bool isMasked)
{
    private readonly Lock _gate = new();
    private bool _isTaken;
    private bool _isClosing;
    private bool _isBroken;
    private TaskCompletionSource? _waiting;

    // The pong that waits: a frame, in a rented buffer.
    private byte[]? _pong;
    private int _pongBytes;

    /// <summary>Whether a close frame has had its turn or waits for it.</summary>
    public bool IsClosing
    {
        get
        {
            lock (_gate)
            {
                return _isClosing;
            }
        }
    }

    /// <summary>Takes the turn, for the connection's writer.</summary>
    /// <param name="isClose">Whether nothing is to be written after this.</param>
    /// <param name="turn">When it will be the caller's, where it is not now.</param>
    /// <returns>Whether it is the caller's now.</returns>
    public bool TryTake(bool isClose, [NotNullWhen(false)] out Task? turn)
    {
        lock (_gate)
        {
            ThrowIfBrokenLocked();
            if (_isClosing)
            {
                throw new InvalidOperationException("Nothing is written after the close.");
            }

            if (isClose)
            {
                _isClosing = true;
                DropPongLocked();
            }

            if (_isTaken)
            {
                _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                turn = _waiting.Task;
                return false;
            }

            turn = null;
            return _isTaken = true;
        }
    }

    /// <summary>Leaves the answer to a ping.</summary>
    /// <returns>Whether the caller has the turn now, and is to write it.</returns>
    public bool TryAnswer(ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if (_isClosing || _isBroken)
            {
                return false;
            }

            _pong ??= ArrayPool<byte>.Shared.Rent(FrameWriter.MaxControlFrameBytes);
            _pongBytes = FrameWriter.WriteFrame(_pong, Opcode.Pong, payload, isMasked);
            bool isOurs = !_isTaken;
            _isTaken = true;
            return isOurs;
        }
    }

    /// <summary>Gives the turn back, or on to who waits for it.</summary>
    /// <returns>False: a pong is to be written first, see <see cref="TakePong"/>.</returns>
    public bool TryEnd()
    {
        lock (_gate)
        {
            if (_waiting is not null)
            {
                _waiting.SetResult(); // the turn stays taken: it is theirs
                _waiting = null;
                return true;
            }

            _isTaken = _pong is not null;
            return !_isTaken;
        }
    }

    /// <summary>Takes the pong that waits, for whoever has the turn and was told so.</summary>
    /// <param name="frame">The frame.</param>
    /// <returns>The rented buffer that it is in: the caller's now. Null when a close or an abort has come in between.</returns>
    public byte[]? TakePong(out ReadOnlyMemory<byte> frame)
    {
        lock (_gate)
        {
            byte[]? owned = _pong;
            frame = owned.AsMemory(0, owned is null ? 0 : _pongBytes);
            _pong = null;
            return owned;
        }
    }

    /// <summary>Nothing more is written: a write has failed, which may have left half a frame, or the socket is aborted.</summary>
    public void Break()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _isBroken = true;
            DropPongLocked();
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.SetException(new IOException("The socket is gone."));
    }

    /// <summary>Throws what a write on a socket that is gone throws.</summary>
    public void ThrowIfBroken()
    {
        lock (_gate)
        {
            ThrowIfBrokenLocked();
        }
    }

    private void ThrowIfBrokenLocked()
    {
        if (_isBroken)
        {
            throw new IOException("The socket is gone.");
        }
    }

    private void DropPongLocked()
    {
        if (_pong is not null)
        {
            ArrayPool<byte>.Shared.Return(_pong);
            _pong = null;
        }
    }
}
