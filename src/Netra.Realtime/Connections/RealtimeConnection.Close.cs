using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Connections;

/// <content>The close, and the timers that lead to it.</content>
internal sealed partial class RealtimeConnection
{
    // The longest that a timer takes; credentials that last longer are looked at again then.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    private const int NoFlush = -1;

    // The waits of the send attempts, in units of the send timeout: the flush, then three retries on the same flush.
    private static readonly double[] AttemptFactors = [1, 0.5, 1, 2];

    /// <summary>Begins the close. The first reason wins; later calls do nothing.</summary>
    /// <returns>Whether this call began it.</returns>
    public bool Close(CloseReason reason)
    {
        if (Interlocked.CompareExchange(ref _closeReason, reason, null) is not null)
        {
            return false;
        }

        if (_writer is not null && _session is not null)
        {
            _registry.Release(_session, _writer);
        }

        _closing = Task.Run(LeaveAsync, CancellationToken.None);
        _registry.Metrics.Closed(reason.Code);
        if (_writer is not null && (reason.Code is 1006 or 4407 or 4408))
        {
            _registry.Metrics.Dropped(); // what neither side wanted
        }

        ConnectionsLog.Closing(_logger, Id.Value, reason.Code, reason.Reason);
        return true;
    }

    /// <summary>The socket is gone: nothing can be said on it any more.</summary>
    public void WriteFailed(Exception exception)
    {
        ConnectionsLog.WriteFailed(_logger, Id.Value, exception.GetType().Name);
        Close(CloseReason.Abnormal);
    }

    /// <summary>A flush waits for the peer: from now on it has the time of the send attempts.</summary>
    public void FlushPending()
    {
        Heartbeat?.FlushPending();
        lock (_timers)
        {
            if (Closed.IsCancellationRequested)
            {
                return; // the close has a deadline of its own, and has disposed of the timers
            }

            _sendAttempt = 0;
            _sendTimer ??= _time.CreateTimer(static state => ((RealtimeConnection)state!).SendTimedOut(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _sendTimer.Change(AttemptTimeout(0), Timeout.InfiniteTimeSpan);
        }
    }

    public void FlushEnded()
    {
        Heartbeat?.FlushEnded();
        lock (_timers)
        {
            _sendAttempt = NoFlush; // a callback that has fired already must find nothing to do
            _sendTimer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private TimeSpan AttemptTimeout(int attempt) => _settings.Delivery.SendTimeout * AttemptFactors[attempt];

    private void SendTimedOut()
    {
        bool isLast;
        lock (_timers)
        {
            if (_sendAttempt == NoFlush)
            {
                return;
            }

            isLast = ++_sendAttempt == AttemptFactors.Length;
            if (!isLast)
            {
                _sendTimer!.Change(AttemptTimeout(_sendAttempt), Timeout.InfiniteTimeSpan); // it has just fired
            }
        }

        if (isLast)
        {
            Close(CloseReason.SlowConsumer);
        }

        _registry.Metrics.SendAttemptFailed();
    }

    private void WatchExpiry()
    {
        if (_request.ExpiresAt is not { } expiresAt)
        {
            return;
        }

        TimeSpan left = expiresAt - _time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            Close(CloseReason.CredentialsExpired);
            return;
        }

        lock (_timers)
        {
            _expiryTimer?.Dispose();
            _expiryTimer = Closed.IsCancellationRequested
                ? null
                : _time.CreateTimer(
                    static state => ((RealtimeConnection)state!).WatchExpiry(), this, left < LongestTimer ? left : LongestTimer, Timeout.InfiniteTimeSpan);
        }
    }

    // Runs once. Every wait in it shares one deadline; what is not done by then is aborted.
    private async Task LeaveAsync()
    {
        using CancellationTokenSource deadline = new(_settings.Delivery.CloseTimeout, _time);

        // Callbacks on the token are the application's: they may block or throw, and the close goes on beside them.
        _cancelling = _closed.CancelAsync();
        CloseReason reason = CloseReason!; // set before this was queued
        bool inOrder = false;
        try
        {
            if (reason != Protocol.CloseReason.Abnormal)
            {
                if (_writer is not null)
                {
                    await _writer.StopAsync().WaitAsync(deadline.Token).ConfigureAwait(false);
                }

                await _transport.CloseAsync(reason.Code, reason.Reason).AsTask().WaitAsync(deadline.Token).ConfigureAwait(false);
                await _readerEnded.Task.WaitAsync(deadline.Token).ConfigureAwait(false);
                inOrder = true;
            }
        }
        catch (Exception e)
        {
            // Deadline or a socket that is gone: either way the abort below is all that is left to do.
            ConnectionsLog.CloseIncomplete(_logger, Id.Value, e.GetType().Name);
        }
        finally
        {
            lock (_timers)
            {
                _sendTimer?.Dispose();
                _expiryTimer?.Dispose();
            }

            // After both closes an abort would only take back ours, which may still be on its way.
            if (!inOrder)
            {
                AbortSafely();
            }

            _ = _writer?.StopAsync(); // after an abort nobody has said so yet; RunAsync waits for it
            _closeEnded.SetResult();
        }
    }

    private void AbortSafely()
    {
        try
        {
            _transport.Abort();
        }
        catch (Exception e)
        {
            // A transport that cannot even abort is nothing more to wait for.
            ConnectionsLog.CloseIncomplete(_logger, Id.Value, e.GetType().Name);
        }
    }

    private async Task DisposeSafelyAsync()
    {
        try
        {
            await _transport.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // As above: the connection has to leave the registry, or the stop of the host waits for it.
            ConnectionsLog.CloseIncomplete(_logger, Id.Value, e.GetType().Name);
        }
    }

    private async Task DrainAsync()
    {
        try
        {
            await _transport.DrainAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The peer is gone or the close gave up on it: what this waited for.
            ConnectionsLog.CloseIncomplete(_logger, Id.Value, e.GetType().Name);
        }
    }
}
