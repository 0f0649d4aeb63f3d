using Netra.Realtime.Transports;

namespace Netra.Realtime.Benchmarks;

/// <summary>A peer that takes everything at once: what is left is the library's own cost.</summary>
public sealed class DiscardingTransport : IWebSocketTransport
{
    private readonly TaskCompletionSource<ReceivedMessage> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Messages { get; private set; }

    public bool CanPing => false;

    public long ReceivedBytes => 0;

    public ValueTask<ReceivedMessage> ReceiveAsync(int maxMessageBytes, CancellationToken cancellationToken = default) => new(_end.Task);

    public ValueTask DrainAsync(CancellationToken cancellationToken = default) => default;

    public ValueTask WriteAsync(MessageBatch batch)
    {
        Messages += batch.Count;
        return default;
    }

    public ValueTask PingAsync(ReadOnlyMemory<byte> payload) => throw new NotSupportedException();

    public ValueTask CloseAsync(int code, string reason) => default;

    public void Abort() => _end.TrySetResult(new ReceivedMessage(ReceivedKind.Ended));

    public ValueTask DisposeAsync() => default;
}
