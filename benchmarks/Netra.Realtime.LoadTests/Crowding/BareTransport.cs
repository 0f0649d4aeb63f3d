using System.Threading.Tasks.Sources;
using Netra.Realtime.Transports;

namespace Netra.Realtime.LoadTests.Crowding;

/// <summary>As little as a transport can be: what is written is gone, a ping is answered at once, a close too, and a receive that waits costs no task.</summary>
internal sealed class BareTransport : IWebSocketTransport, IValueTaskSource<ReceivedMessage>
{
    private const int PongBytes = 6; // a client's, without its payload

    private readonly Lock _gate = new();
    private long _receivedBytes;

    // Guarded by _gate until it is waited for: the waiter's own then.
    private ManualResetValueTaskSourceCore<ReceivedMessage> _receive = new() { RunContinuationsAsynchronously = true }; // as from a socket
    private bool _isWaiting;
    private ReceivedMessage? _arrived;

    public bool CanPing => true;

    public long ReceivedBytes => Volatile.Read(ref _receivedBytes);

    /// <summary>How many messages the server has written.</summary>
    public int Written { get; private set; }

    public ValueTask<ReceivedMessage> ReceiveAsync(int maxMessageBytes, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_arrived is { } arrived)
            {
                // What has ended stays so.
                _arrived = arrived.Kind is ReceivedKind.Pong ? null : arrived;
                return new ValueTask<ReceivedMessage>(arrived);
            }

            _receive.Reset();
            _isWaiting = true;
            return new ValueTask<ReceivedMessage>(this, _receive.Version);
        }
    }

    public async ValueTask DrainAsync(CancellationToken cancellationToken = default)
    {
        while ((await ReceiveAsync(0, cancellationToken)).Kind == ReceivedKind.Pong)
        {
        }
    }

    public ValueTask WriteAsync(MessageBatch batch)
    {
        Written += batch.Count;
        return ValueTask.CompletedTask;
    }

    public ValueTask PingAsync(ReadOnlyMemory<byte> payload)
    {
        Arrive(new ReceivedMessage(ReceivedKind.Pong, new(payload)));
        return ValueTask.CompletedTask;
    }

    public ValueTask CloseAsync(int code, string reason)
    {
        Arrive(new ReceivedMessage(ReceivedKind.Close, default, code));
        return ValueTask.CompletedTask;
    }

    public void Abort() => Arrive(new ReceivedMessage(ReceivedKind.Ended));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    ReceivedMessage IValueTaskSource<ReceivedMessage>.GetResult(short token) => _receive.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReceivedMessage>.GetStatus(short token) => _receive.GetStatus(token);

    void IValueTaskSource<ReceivedMessage>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _receive.OnCompleted(continuation, state, token, flags);

    private void Arrive(ReceivedMessage message)
    {
        lock (_gate)
        {
            Volatile.Write(ref _receivedBytes, _receivedBytes + PongBytes + message.Payload.Length);
            if (!_isWaiting)
            {
                _arrived ??= message; // a second pong before the first was read, or what comes after the end: nobody misses it
                return;
            }

            _isWaiting = false;
            _arrived = message.Kind == ReceivedKind.Pong ? null : message;
        }

        _receive.SetResult(message);
    }
}
