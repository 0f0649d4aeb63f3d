using System.Buffers;

namespace Netra.Realtime.Transports.Rfc6455;

/// <content>What still comes is read and thrown away, so that our close frame is not lost to a reset.</content>
public sealed partial class FramedTransport
{
    // Guards the two below: a drain and a close may come in any order.
    private readonly Lock _drainGate = new();
    private CancellationTokenSource? _drainEnd;
    private bool _hasSaidClose;

    /// <inheritdoc/>
    public async ValueTask DrainAsync(CancellationToken cancellationToken = default)
    {
        if (_hasEnded)
        {
            return;
        }

        _watch?.Stop();
        using CancellationTokenSource end = new(Timeout.InfiniteTimeSpan, _time);
        CancellationTokenRegistration givingUp = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), end);
        BeginDrain(end);
        FrameSkipper skipper = new(_frames.MissingBytes);
        try
        {
            while (!TrySkip(ref skipper))
            {
                end.Token.ThrowIfCancellationRequested(); // a peer that never stops sending never lets a read wait
                MakeRoom();
                int read = await _stream.ReadAsync(_buffer.AsMemory(_end), end.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                NoteRead(read);
            }
        }
        catch (Exception e) when (IsGone(e))
        {
            // Gone, or given up: what this waits for.
        }
        finally
        {
            await givingUp.DisposeAsync().ConfigureAwait(false);
            EndDrain();
            End();
        }
    }

    private bool TrySkip(ref FrameSkipper skipper)
    {
        ReadOnlySequence<byte> unread = new(_buffer, _start, _end - _start);
        bool isClosed = skipper.TrySkipToClose(ref unread);
        _start = _end - (int)unread.Length;
        return isClosed;
    }

    private void BeginDrain(CancellationTokenSource end)
    {
        lock (_drainGate)
        {
            _drainEnd = end;
            if (_hasSaidClose)
            {
                end.CancelAfter(_limits.DrainTimeout);
            }
        }
    }

    private void EndDrain()
    {
        lock (_drainGate)
        {
            _drainEnd = null; // it is disposed of next
        }
    }

    private void NoteCloseSaid()
    {
        lock (_drainGate)
        {
            _hasSaidClose = true;
            _drainEnd?.CancelAfter(_limits.DrainTimeout);
        }
    }
}
