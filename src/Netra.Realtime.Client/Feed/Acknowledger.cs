using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Feed;

/// <summary>Says up to where events are handled: after 64, or a second after the first, but four times a second at most. Any thread.</summary>
internal sealed class Acknowledger : IDisposable
{
    private const int MostEvents = 64;

    private static readonly TimeSpan AtLatest = TimeSpan.FromSeconds(1);

    // A replay of thousands must not spend the server's message limit (10 a second by default) on acknowledgements.
    private static readonly TimeSpan NotSooner = TimeSpan.FromMilliseconds(250);

    // _gate guards all below. What is sent under it only goes into a queue.
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Func<EventId, bool?> _trySend;
    private readonly ITimer _timer;
    private EventId _handled;
    private int _count;
    private bool _isTimed;
    private long? _sentAt;

    /// <param name="time">The clock.</param>
    /// <param name="trySend">False when it cannot be sent now: it is asked again in a second. Null where no connection knows the id: it is asked again after <see cref="Resume"/>.</param>
    public Acknowledger(TimeProvider time, Func<EventId, bool?> trySend)
    {
        (_time, _trySend) = (time, trySend);
        _timer = time.CreateTimer(static self => ((Acknowledger)self!).Due(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan); // it is given
    }

    /// <summary>An event is handled; one that is not after the last changes nothing.</summary>
    public void Handled(EventId id)
    {
        lock (_gate)
        {
            if (_handled.SameEpoch(id) && id.Sequence <= _handled.Sequence)
            {
                return;
            }

            _handled = id;
            _count++;
            SendOrWaitLocked();
        }
    }

    /// <summary>Nothing up to the id comes any more: it goes with the next acknowledgement.</summary>
    public void Skipped(EventId id)
    {
        lock (_gate)
        {
            if (_count > 0)
            {
                _handled = id;
            }
        }
    }

    /// <summary>What was handled is of no use to the server any more.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            (_handled, _count) = (default, 0);
        }
    }

    /// <summary>There is a connection again: what the former one was not told is told to this one, and what it was told last, which may not have arrived.</summary>
    public void Resume()
    {
        lock (_gate)
        {
            if (!_handled.IsEmpty)
            {
                _count = Math.Max(_count, 1);
                WaitLocked();
            }
        }
    }

    /// <summary>Says it now.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            SendLocked();
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Due()
    {
        lock (_gate)
        {
            _isTimed = false;
            if (SendLocked() == false)
            {
                WaitLocked();
            }
        }
    }

    private void SendOrWaitLocked()
    {
        if (_count >= MostEvents && (_sentAt is not { } sent || _time.GetElapsedTime(sent) >= NotSooner) && SendLocked() == true)
        {
            return;
        }

        WaitLocked();
    }

    // Null: there is nothing to send, or nobody to send it to.
    private bool? SendLocked()
    {
        bool? sent = _count == 0 ? null : _trySend(_handled);
        if (sent != true)
        {
            return sent;
        }

        _count = 0;
        _sentAt = _time.GetTimestamp();
        _isTimed = false;
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return true;
    }

    private void WaitLocked()
    {
        if (!_isTimed)
        {
            _isTimed = true;
            _timer.Change(AtLatest, Timeout.InfiniteTimeSpan);
        }
    }
}
