using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Netra.Realtime.Client.Feed;

/// <summary>The bounded queue between the socket and the application: a full one lets its writer wait, so that the socket is not read.</summary>
/// <remarks>One writer and one reader at a time; completing and closing from any thread.</remarks>
internal sealed class ReceiveQueue(int maxItems, int maxBytes)
{
    // _gate guards the counts, _room and _isClosed. The channel itself has no bound: the counts are it.
    private readonly Lock _gate = new();
    private readonly Channel<(FeedItem Item, int Bytes)> _items = Channel.CreateUnbounded<(FeedItem, int)>();
    private TaskCompletionSource? _room;
    private long _count;
    private long _bytes;
    private bool _isClosed;

    /// <summary>Whether the writer waits.</summary>
    public bool IsFull => Volatile.Read(ref _room) is not null;

    /// <summary>Whether <see cref="Close"/> was called.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <returns>False when nobody will read it any more.</returns>
    public async ValueTask<bool> WriteAsync(FeedItem item, int bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task room;
            lock (_gate)
            {
                if (_isClosed)
                {
                    return false;
                }

                // One that is larger than the bound has to get through alone.
                if (_count == 0 || (_count < maxItems && _bytes + bytes <= maxBytes))
                {
                    (_count, _bytes) = (_count + 1, _bytes + bytes);
                    return _items.Writer.TryWrite((item, bytes));
                }

                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _room.Task;
            }

            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>False at the end.</returns>
    /// <exception cref="ConnectionClosedException">Everything was read, and <see cref="Complete"/> said why there is no more.</exception>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _items.Reader.WaitToReadAsync(cancellationToken);

    public bool TryRead([NotNullWhen(true)] out FeedItem? item)
    {
        item = null;
        TaskCompletionSource? room;
        lock (_gate)
        {
            if (_isClosed || !_items.Reader.TryRead(out (FeedItem Item, int Bytes) entry))
            {
                return false;
            }

            item = entry.Item;
            (_count, _bytes) = (_count - 1, _bytes - entry.Bytes);
            (room, _room) = (_room, null);
        }

        room?.TrySetResult();
        return true;
    }

    /// <summary>Nothing more comes; what waits is still read.</summary>
    public void Complete(Exception reason) => _items.Writer.TryComplete(reason);

    /// <summary>Nobody reads any more: what waits is dropped, and the writer let go.</summary>
    public void Close()
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            _isClosed = true;
            (room, _room) = (_room, null);
        }

        _items.Writer.TryComplete();
        room?.TrySetResult();
    }
}
