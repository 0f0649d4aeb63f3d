namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>Gives up a peer that begins a message, or any frame, and does not go on with it, or so slowly that it only means to hold us.</summary>
/// <remarks>
/// It runs only while a read waits for the rest. Each period has to bring its bytes, and of a message in fragments only its own count, so that
/// pings and pongs between them give nobody more time: silence ends at the first period that brings none, and a whole message takes at most
/// its length by that rate. A period that was twice as long as it should be was a stall of this host, and says nothing about the peer.
/// </remarks>
internal sealed class UnfinishedFrameWatch : IDisposable
{
    private readonly FramedTransport _transport;
    private readonly FramingLimits _limits;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    // Guards what follows: the reader starts and stops, the timer looks.
    private readonly Lock _gate = new();
    private bool _isRunning;
    private long _since;
    private long _messageBytes;

    public UnfinishedFrameWatch(FramedTransport transport, FramingLimits limits, TimeProvider time)
    {
        _transport = transport;
        _limits = limits;
        _time = time;
        _timer = time.CreateTimer(static state => ((UnfinishedFrameWatch)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A read waits for the rest of a message or a frame. Does nothing while the watch runs, so that a few bytes are no new beginning.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (!_isRunning)
            {
                _isRunning = true;
                BeginPeriodLocked();
                _timer.Change(_limits.UnfinishedFramePeriod, _limits.UnfinishedFramePeriod);
            }
        }
    }

    /// <summary>It has ended.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            if (_isRunning)
            {
                _isRunning = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_gate)
        {
            TimeSpan elapsed = _time.GetElapsedTime(_since);
            if (!_isRunning || elapsed < _limits.UnfinishedFramePeriod / 2)
            {
                return; // it fired for what has ended since
            }

            if (elapsed > _limits.UnfinishedFramePeriod * 2 || _transport.MessageBytes - _messageBytes >= _limits.MinBytesPerPeriod)
            {
                BeginPeriodLocked();
                return;
            }

            _isRunning = false;
        }

        try
        {
            _transport.Abort();
        }
        catch (Exception)
        {
            // What the host gave us to abort with, or its stream, throws. On a timer that would end the process, and there is nobody to tell.
        }
    }

    private void BeginPeriodLocked()
    {
        _since = _time.GetTimestamp();
        _messageBytes = _transport.MessageBytes;
    }
}
