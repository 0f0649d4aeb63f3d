using System.Net.WebSockets;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>The lock around the sends of one socket, of which there may be one at a time.</summary>
/// <remarks>
/// Uncontended and completed at once, a send costs two short locks: no state machine, no task, no copy. A channel with a loop that
/// writes would add a copy and a wake-up of the pool for each message of a connection that is not busy, which is the usual case.
/// </remarks>
internal sealed class KestrelPeer(WebSocket socket)
{
    private readonly Lock _gate = new();
    private readonly Queue<ReadOnlyMemory<byte>> _waiting = [];
    private bool _isSending;
    private Task _slow = Task.CompletedTask;

    /// <returns>Whether the memory is free for use again.</returns>
    public bool TrySend(ReadOnlyMemory<byte> message)
    {
        lock (_gate)
        {
            if (_isSending)
            {
                _waiting.Enqueue(message.ToArray());
                return true;
            }

            _isSending = true;
        }

        try
        {
            ValueTask sent = socket.SendAsync(message, WebSocketMessageType.Text, true, CancellationToken.None);
            if (!sent.IsCompletedSuccessfully)
            {
                Task slow = FinishAsync(sent);
                lock (_gate)
                {
                    _slow = slow;
                }

                return false;
            }
        }
        catch (Exception e) when (IsGone(e))
        {
            return true; // the read loop ends the peer; it stays "sending", so nothing more is written
        }

        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _isSending = false;
                return true;
            }

            _slow = FinishAsync(ValueTask.CompletedTask);
            return true;
        }
    }

    public Task WhenWrittenAsync()
    {
        lock (_gate)
        {
            return _slow;
        }
    }

    private async Task FinishAsync(ValueTask sent)
    {
        try
        {
            await sent;
            while (true)
            {
                ReadOnlyMemory<byte> next;
                lock (_gate)
                {
                    if (!_waiting.TryDequeue(out next))
                    {
                        _isSending = false;
                        return;
                    }
                }

                await socket.SendAsync(next, WebSocketMessageType.Text, true, CancellationToken.None);
            }
        }
        catch (Exception e) when (IsGone(e))
        {
            // The read loop ends the peer.
        }
    }

    private static bool IsGone(Exception e) => e is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException;
}
