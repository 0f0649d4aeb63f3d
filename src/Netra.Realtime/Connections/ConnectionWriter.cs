using System.Diagnostics;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Connections;

/// <summary>Writes one connection: its control messages first, then what its cursor reads from the log. One writer per socket.</summary>
/// <remarks>
/// <para><c>_writing</c> is taken by whoever appended or queued (compare-and-swap, outside the gate) and given back under the gate
/// in the hold that sees nothing left. So an append before that hold is seen by it, and an append after it finds the flag free:
/// no wake-up is lost, and there are never two writers.</para>
/// <para>The thread that emits writes one batch itself, which is the shortest way while the socket takes it; a rest goes to the
/// pool, and while a flush waits for the peer everybody else returns at once.</para>
/// </remarks>
internal sealed class ConnectionWriter : LogCursor, IThreadPoolWorkItem
{
    // A client that asks faster than it reads the answers must not fill our memory.
    private const int MaxControlMessages = 64;
    private const int MaxControlBytes = 256 * 1024;

    private readonly UserSession _session;
    private readonly IWebSocketTransport _transport;
    private readonly RealtimeMetrics _metrics;
    private readonly RealtimeConnection _connection;
    private readonly MessageBatch _batch = new();

    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by the session's gate.
    private readonly Queue<byte[]> _control = new();
    private int _controlBytes;
    private bool _isStopping;
    private bool _leavesAtHead;
    private bool _isWelcomed;
    private bool _pingDue;

    // Taken from the start: nothing is written before the welcome.
    private int _writing = 1;
    private Task? _flush;

    public ConnectionWriter(RealtimeConnection connection, UserSession session, IWebSocketTransport transport, RealtimeMetrics metrics)
    {
        _connection = connection;
        _session = session;
        _transport = transport;
        _metrics = metrics;
        Client = connection.Client;
        OwnerStamp = connection.Stamp;
    }

    public RealtimeConnection Connection => _connection;

    /// <summary>When nothing is being written and nothing ever will be.</summary>
    public Task Stopped => _stopped.Task;

    /// <inheritdoc/>
    public override void Supersede() => _connection.Close(CloseReason.Superseded);

    /// <inheritdoc/>
    public override void Wake()
    {
        if (Overrun)
        {
            _connection.Close(CloseReason.SlowConsumer);
        }
        else if (Interlocked.CompareExchange(ref _writing, 1, 0) == 0)
        {
            Write(mayContinue: false);
        }
    }

    /// <inheritdoc/>
    public override void WakeOnPool()
    {
        if (Overrun)
        {
            _connection.Close(CloseReason.SlowConsumer);
        }
        else if (Interlocked.CompareExchange(ref _writing, 1, 0) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Writes the welcome, then whatever the cursor has. To be called once, after the cursor was attached.</summary>
    public void Start(WelcomeMessage welcome)
    {
        byte[] encoded = ControlMessageWriter.Write(welcome);
        lock (_session.Gate)
        {
            _isWelcomed = true;
            TryQueueLocked(encoded);
        }

        Write(mayContinue: false);
    }

    /// <summary>Queues a control message and writes it, ahead of whatever waits in the log.</summary>
    public void Send(ControlMessage message) => Send(message, leavesAtHead: false);

    // Both in one hold: a writer that leaves has said why.
    private void Send(ControlMessage message, bool leavesAtHead)
    {
        byte[] encoded = ControlMessageWriter.Write(message);
        bool queued;
        lock (_session.Gate)
        {
            if (leavesAtHead && !_isWelcomed)
            {
                return;
            }

            queued = TryQueueLocked(encoded);
            _leavesAtHead |= leavesAtHead;
        }

        if (queued)
        {
            Wake();
        }
        else
        {
            _connection.Close(CloseReason.SlowConsumer); // it asks faster than it reads the answers
        }
    }

    /// <summary>Says that the server stops, and leaves as soon as everything that the log has is written.</summary>
    /// <remarks>One that is not welcomed yet is told nothing: whoever admits it finds that the host stops, and closes it.</remarks>
    public void GoAway(GoAwayMessage message) => Send(message, leavesAtHead: true);

    /// <summary>The client has been told nothing for a while although events were skipped: tell it where it is.</summary>
    public void TellPosition()
    {
        bool wanted;
        lock (_session.Gate)
        {
            wanted = Skipped > 0 && !_isStopping;
            CursorRequested |= wanted;
        }

        if (wanted)
        {
            Wake();
        }
    }

    /// <summary>Writes a ping, ahead of whatever waits: behind the flush under way at most.</summary>
    public void Ping()
    {
        lock (_session.Gate)
        {
            _pingDue = true;
        }

        Wake();
    }

    /// <summary>Writes what is in the control lane, nothing more of the log, and then nothing more at all.</summary>
    /// <returns>When the last flush is over, which may be never: the caller has a deadline.</returns>
    public Task StopAsync()
    {
        lock (_session.Gate)
        {
            _isStopping = true;
        }

        if (Interlocked.CompareExchange(ref _writing, 1, 0) == 0)
        {
            Write(mayContinue: true);
        }

        return _stopped.Task;
    }

    /// <summary>The rest of a backlog, on the pool.</summary>
    void IThreadPoolWorkItem.Execute() => Write(mayContinue: true);

    private bool TryQueueLocked(byte[] encoded)
    {
        // One message has its own bound, such as the largest event for a reply: it is never too much by itself.
        if (_control.Count >= MaxControlMessages || (_control.Count > 0 && _controlBytes + encoded.Length > MaxControlBytes))
        {
            return false;
        }

        if (!_stopped.Task.IsCompleted)
        {
            _control.Enqueue(encoded);
            _controlBytes += encoded.Length;
        }

        return true;
    }

    // The caller has taken _writing. A flush that ends at once costs no task; only one that waits is awaited.
    private void Write(bool mayContinue, bool endsRead = false)
    {
        try
        {
            NextStep step = Fill(endsRead, mayContinue: true);
            while (step is NextStep.Flush or NextStep.Ping)
            {
                ValueTask flush = step == NextStep.Flush
                    ? _transport.WriteAsync(_batch)
                    : _transport.PingAsync(_connection.Heartbeat!.NextPayload()); // only connections with one are pinged
                if (!flush.IsCompletedSuccessfully)
                {
                    lock (_session.Gate)
                    {
                        IsFlushing = true;
                    }

                    _flush = EndFlushAsync(flush); // it ends by itself, in Stopped or in the next read
                    return;
                }

#pragma warning disable RS0030 // Completed: this blocks nothing, and a pooled source is only reused once its result was taken.
                flush.GetAwaiter().GetResult();
#pragma warning restore RS0030
                step = Fill(endsRead: true, mayContinue);
            }

            if (step == NextStep.GoOnOnPool)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }
        catch (Exception e)
        {
            // A transport that throws is a connection that is gone, whatever it throws.
            Fail(e);
        }
    }

    private async Task EndFlushAsync(ValueTask flush)
    {
        _connection.FlushPending();
        try
        {
            await flush.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // As above: the connection is gone.
            _connection.FlushEnded();
            Fail(e);
            return;
        }

        _connection.FlushEnded();
        Write(mayContinue: true, endsRead: true);
    }

    private void Fail(Exception exception)
    {
        _connection.WriteFailed(exception);
        lock (_session.Gate)
        {
            EndReadLocked(flushed: false);

            // _writing stays taken: nothing is ever written on this connection again.
            _isStopping = true;
            _control.Clear();
            _stopped.TrySetResult();
        }
    }

    // Ends the last read, if there is one, and copies out the next batch; with nothing left, gives _writing back. In one hold of the
    // gate as a rule, because this runs twice for each event that is emitted; a long way over invisible events takes several.
    private NextStep Fill(bool endsRead, bool mayContinue)
    {
        bool foreign = false;
        bool leaves = false;
        while (true)
        {
            lock (_session.Gate)
            {
                if (endsRead)
                {
                    endsRead = false;
                    EndReadLocked(flushed: true);
                    if (!mayContinue && HasMoreLocked())
                    {
                        return NextStep.GoOnOnPool; // whoever emits pays for one batch, not for a backlog
                    }
                }

                Debug.Assert(_batch.Count == 0, "the last batch is over");
                if (_pingDue)
                {
                    _pingDue = false;
                    return NextStep.Ping;
                }

                while (_control.TryDequeue(out byte[]? message))
                {
                    _controlBytes -= message.Length;
                    _batch.Add(message);
                }

                // A cursor that was overrun reads nothing more: its client must not get ahead of what it missed.
                ReadOutcome outcome = IsAttached && !_isStopping && !Overrun ? _session.Log.ReadLocked(this, _batch) : ReadOutcome.AtHead;
                if (outcome == ReadOutcome.ForeignStamp)
                {
                    foreign = true;
                    break;
                }

                if (_batch.Count > 0)
                {
                    return NextStep.Flush;
                }

                _session.Log.EndReadLocked(this, flushed: true); // only skipped sequences: over with them at once
                if (outcome == ReadOutcome.AtHead)
                {
                    if (_isStopping)
                    {
                        _stopped.TrySetResult(); // and _writing stays taken
                    }
                    else
                    {
                        leaves = _leavesAtHead;
                        Volatile.Write(ref _writing, 0);
                    }

                    break;
                }
            }
        }

        if (foreign)
        {
            RefuseForeignStamp();
        }
        else if (Overrun)
        {
            _connection.Close(CloseReason.SlowConsumer);
        }
        else if (leaves)
        {
            _connection.Close(CloseReason.ServiceRestart);
        }

        return NextStep.Done;
    }

    private bool HasMoreLocked() => _control.Count > 0 || (IsAttached && (Next <= _session.Log.Head.Sequence || ResetPending));

    // A block of another user in this log: a fault of ours. None of it was copied; nobody may see what else there is.
    private void RefuseForeignStamp()
    {
        _metrics.ForeignStamp();
        _batch.Clear();
        _connection.Close(CloseReason.InternalError);
        Fail(new InvalidOperationException("A block of the log carries a foreign stamp."));
    }

    private void EndReadLocked(bool flushed)
    {
        _batch.Clear();
        IsFlushing = false;
        _session.Log.EndReadLocked(this, flushed);
    }

    private enum NextStep
    {
        /// <summary>There is nothing left, and <c>_writing</c> is given back; or the connection is over.</summary>
        Done,

        /// <summary>The batch is filled.</summary>
        Flush,

        /// <summary>A ping is due, before anything else.</summary>
        Ping,

        /// <summary>There is more, and somebody else is to write it; <c>_writing</c> stays taken for him.</summary>
        GoOnOnPool,
    }
}
