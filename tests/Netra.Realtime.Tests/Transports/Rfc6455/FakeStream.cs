using System.Threading.Tasks.Sources;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>A stream whose other end is this object's own methods. What waits in a read goes on inside <see cref="Give"/>, on the test's thread.</summary>
internal sealed class FakeStream : Stream, IValueTaskSource<int>
{
    private readonly List<byte> _inbound = [];
    private ManualResetValueTaskSourceCore<int> _read;
    private Memory<byte> _target;
    private bool _isWaiting;
    private bool _hasEnded;
    private TaskCompletionSource? _hold;

    /// <summary>What was written, write by write.</summary>
    public List<byte[]> Written { get; } = [];

    /// <summary>Whether what is written is not kept.</summary>
    public bool Discards { get; init; }

    /// <summary>With how large a buffer a read waits; null: none does.</summary>
    public int? WaitsWithBytes => _isWaiting ? _target.Length : null;

    public bool IsDisposed { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Give(ReadOnlySpan<byte> bytes)
    {
        _inbound.AddRange(bytes);
        TryCompleteRead();
    }

    public void End()
    {
        _hasEnded = true;
        TryCompleteRead();
    }

    /// <summary>From now on the peer does not read: writes are noted and wait.</summary>
    public void HoldWrites() => _hold = new TaskCompletionSource();

    /// <summary>The peer reads again; what waited goes on inside this call.</summary>
    public void ReleaseWrites()
    {
        TaskCompletionSource? hold = _hold;
        _hold = null;
        hold!.SetResult();
    }

    /// <summary>The peer reads what waits and nothing more; what waited goes on inside this call.</summary>
    public void ReleaseWhatWaits()
    {
        TaskCompletionSource? hold = _hold;
        HoldWrites();
        hold!.SetResult();
    }

    /// <summary>What waited fails, inside this call.</summary>
    public void FailWrites()
    {
        TaskCompletionSource? hold = _hold;
        _hold = null;
        hold!.SetException(new IOException("The peer is gone."));
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (_inbound.Count > 0 || _hasEnded)
        {
            return new ValueTask<int>(Take(buffer));
        }

        _read.Reset();
        (_target, _isWaiting) = (buffer, true);
        if (cancellationToken.CanBeCanceled)
        {
            FailWhenCancelled(_read.Version, cancellationToken);
        }

        return new ValueTask<int>(this, _read.Version);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!Discards)
        {
            Written.Add(buffer.ToArray());
        }

        return _hold is null ? ValueTask.CompletedTask : new ValueTask(_hold.Task.WaitAsync(cancellationToken));
    }

    public int GetResult(short token) => _read.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _read.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !IsDisposed)
        {
            IsDisposed = true;
            FailRead(_read.Version, new ObjectDisposedException(nameof(FakeStream)));
            _hold?.TrySetException(new ObjectDisposedException(nameof(FakeStream)));
        }

        base.Dispose(disposing);
    }

    // With the context of a test a task hands what waits for it to the pool.
    private void CompleteWithoutContext(int read, Exception? exception)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            if (exception is null)
            {
                _read.SetResult(read);
            }
            else
            {
                _read.SetException(exception);
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private int Take(Memory<byte> buffer)
    {
        int length = Math.Min(buffer.Length, _inbound.Count);
        _inbound.CopyTo(0, buffer.Span, length);
        _inbound.RemoveRange(0, length);
        return length;
    }

    private void TryCompleteRead()
    {
        if (_isWaiting && (_inbound.Count > 0 || _hasEnded))
        {
            _isWaiting = false;
            int read = Take(_target);
            CompleteWithoutContext(read, null);
        }
    }

    private void FailWhenCancelled(short version, CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(_ => FailRead(version, new OperationCanceledException()), null);

    private void FailRead(short version, Exception exception)
    {
        if (_isWaiting && version == _read.Version)
        {
            _isWaiting = false;
            CompleteWithoutContext(0, exception);
        }
    }
}

file static class ListExtensions
{
    public static void CopyTo(this List<byte> list, int index, Span<byte> target, int count) =>
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list).Slice(index, count).CopyTo(target);
}
