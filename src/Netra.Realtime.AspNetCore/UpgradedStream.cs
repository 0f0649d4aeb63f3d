namespace Netra.Realtime.AspNetCore;

/// <summary>The stream of an upgraded request, whose end ends what waits on it.</summary>
/// <remarks>
/// A <see cref="System.Net.WebSockets.WebSocket"/> that gives up a silent peer (its keep-alive) only disposes of its stream. That of a request keeps a read
/// waiting all the same, so nobody would notice: aborting the request ends it. Where nothing waits the
/// socket has closed, and its close frame may still be on its way.
/// </remarks>
internal sealed class UpgradedStream(Stream stream, RequestAbort abort) : Stream
{
    // Reads and writes that have not ended; changed by their threads, read by the one that disposes.
    private int _waiting;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask write = stream.WriteAsync(buffer, cancellationToken);
        return write.IsCompletedSuccessfully ? write : AwaitAsync(write);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (Volatile.Read(ref _waiting) > 0)
            {
                abort.Abort();
            }

            stream.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask AwaitAsync(ValueTask write)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await write.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
