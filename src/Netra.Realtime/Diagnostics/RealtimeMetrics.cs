using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Netra.Realtime.Diagnostics;

/// <summary>What the library counts. Tags have few values each: never a user, a run or a connection.</summary>
internal sealed class RealtimeMetrics : IDisposable
{
    private readonly Counter<long> _handshakes;
    private readonly UpDownCounter<long> _connections;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _foreignStamps;
    private readonly Counter<long> _sendAttemptsFailed;
    private readonly Counter<long> _messages;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _runsEnded;
    private readonly Counter<long> _pingsSent;
    private readonly Counter<long> _pongsReceived;
    private readonly Counter<long> _timeoutsDetected;
    private readonly Counter<long> _resurrections;
    private readonly Counter<long> _stalls;
    private readonly Counter<long> _dropped;
    private readonly Histogram<double> _roundTrip;

    // The same once more as plain numbers, for the snapshot: an instrument cannot be read.
    private readonly PingAverage _averagePing = new();
    private long _pingCount;
    private long _pongCount;
    private long _timeoutCount;
    private long _resurrectionCount;
    private long _stallCount;
    private long _droppedCount;
    private long _foreignStampCount;

    /// <param name="meters">The factory of the host; null where there is none.</param>
    public RealtimeMetrics(IMeterFactory? meters)
    {
        Meter meter = Meter = meters?.Create(RealtimeTelemetry.MeterName) ?? new Meter(RealtimeTelemetry.MeterName);
        _handshakes = meter.CreateCounter<long>("netra.realtime.handshakes.ended", "{handshake}", "Handshakes that the library read from a stream (tag: result).");
        _connections = meter.CreateUpDownCounter<long>("netra.realtime.connections.open", "{connection}", "Connections whose socket is open.");
        _rejected = meter.CreateCounter<long>("netra.realtime.connections.rejected", "{connection}", "Connections refused by a limit (tag: reason).");
        _closed = meter.CreateCounter<long>("netra.realtime.connections.closed", "{connection}", "Closes begun (tag: code).");
        _foreignStamps = meter.CreateCounter<long>("netra.realtime.isolation.violations", "{event}", "Blocks found in another user's log; must stay 0.");
        _sendAttemptsFailed = meter.CreateCounter<long>("netra.realtime.delivery.attempts_failed", "{attempt}", "Flushes without progress for the time of an attempt.");
        _messages = meter.CreateCounter<long>("netra.realtime.messages.received", "{message}", "Messages from clients.");
        _refused = meter.CreateCounter<long>("netra.realtime.messages.refused", "{message}", "Messages from clients that were refused (tag: code).");
        _runsEnded = meter.CreateCounter<long>("netra.realtime.runs.ended", "{run}", "Background runs that ended (tag: outcome).");
        _pingsSent = meter.CreateCounter<long>("netra.realtime.heartbeat.pings_sent", "{ping}", "Pings written.");
        _pongsReceived = meter.CreateCounter<long>("netra.realtime.heartbeat.pongs_received", "{pong}", "Pings that were answered before the next.");
        _timeoutsDetected = meter.CreateCounter<long>("netra.realtime.heartbeat.timeouts_detected", "{connection}", "Peers given up without a sign of life (4407).");
        _resurrections = meter.CreateCounter<long>("netra.realtime.heartbeat.resurrections", "{connection}", "Peers that had missed a ping and came back before they were given up.");
        _stalls = meter.CreateCounter<long>("netra.realtime.heartbeat.stalls", "{stall}", "Times that the host itself stood still, so that nobody's silence was counted.");
        _dropped = meter.CreateCounter<long>("netra.realtime.connections.dropped", "{connection}", "Connections lost or given up, not closed in order (1006, 4407, 4408).");
        _roundTrip = meter.CreateHistogram<double>("netra.realtime.heartbeat.rtt", "s", "From a ping to its answer.");
    }

    public Meter Meter { get; }

    /// <summary>Publishes what the logs count by themselves.</summary>
    public void ObserveLogs(LogCounters counters, Func<long> bytesInUse)
    {
        Meter.CreateObservableCounter("netra.realtime.events.undelivered", () => counters.Undelivered, "{event}", "Events that left their log without having been flushed to any connection.");
        Meter.CreateObservableCounter("netra.realtime.events.unhandled", () => counters.Unhandled, "{event}", "Undelivered events that the application's handler did not take: it threw, or too much waited for it.");
        Meter.CreateObservableCounter("netra.realtime.events.superseded", () => counters.Superseded, "{event}", "Events that a newer one made pointless.");
        Meter.CreateObservableCounter("netra.realtime.connections.reset", () => counters.Resets, "{connection}", "Connections told to reload, because unread events left the window.");
        Meter.CreateObservableCounter("netra.realtime.connections.overrun", () => counters.Overruns, "{connection}", "Connections that fell out of the window while a flush hung (4408).");
        Meter.CreateObservableUpDownCounter("netra.realtime.logs.memory", bytesInUse, "By", "Memory of the blocks of all logs.");
    }

    /// <summary>Publishes how hard pressed the host is.</summary>
    public void ObservePressure(LogCounters counters, Func<long> stage)
    {
        Meter.CreateObservableCounter("netra.realtime.events.shed", () => counters.Shed, "{event}", "Events that were refused because the host is hard pressed.");
        Meter.CreateObservableGauge("netra.realtime.pressure.stage", stage, "{stage}", "0 normal, 1 refuses new connections, 2 also sheds events.");
    }

    public void Dispose() => Meter.Dispose();

    public void HandshakeEnded(HandshakeOutcome outcome) => Add(_handshakes, 1, "result", outcome switch
    {
        HandshakeOutcome.Accepted => "accepted",
        HandshakeOutcome.RefusedByRequest => "refused_4xx",
        HandshakeOutcome.RefusedByServer => "refused_5xx",
        HandshakeOutcome.TimedOut => "timed_out",
        _ => "left",
    });

    public void Connected() => Add(_connections, 1);

    public void Disconnected() => Add(_connections, -1);

    public void Rejected(string reason) => Add(_rejected, 1, "reason", reason);

    public void Closed(int code) => Add(_closed, 1, "code", code);

    /// <summary>Blocks found in another user's log: must be 0.</summary>
    public long ForeignStampCount => Volatile.Read(ref _foreignStampCount);

    public void ForeignStamp()
    {
        Interlocked.Increment(ref _foreignStampCount);
        Add(_foreignStamps, 1);
    }

    public void SendAttemptFailed() => Add(_sendAttemptsFailed, 1);

    public void MessageReceived() => Add(_messages, 1);

    public void MessageRefused(string code) => Add(_refused, 1, "code", code);

    public void RunEnded(string outcome) => Add(_runsEnded, 1, "outcome", outcome);

    /// <summary>Connections that were lost or given up.</summary>
    public long DroppedCount => Volatile.Read(ref _droppedCount);

    /// <summary>What the heartbeat has counted.</summary>
    public HeartbeatFigures Heartbeat => new()
    {
        PingsSent = Volatile.Read(ref _pingCount),
        PongsReceived = Volatile.Read(ref _pongCount),
        TimeoutsDetected = Volatile.Read(ref _timeoutCount),
        Resurrections = Volatile.Read(ref _resurrectionCount),
        AveragePing = _averagePing.Value,
        Stalls = Volatile.Read(ref _stallCount),
    };

    public void Dropped()
    {
        Interlocked.Increment(ref _droppedCount);
        Add(_dropped, 1);
    }

    public void Resurrected()
    {
        Interlocked.Increment(ref _resurrectionCount);
        Add(_resurrections, 1);
    }

    public void Stalled()
    {
        Interlocked.Increment(ref _stallCount);
        Add(_stalls, 1);
    }

    public void PingSent()
    {
        Interlocked.Increment(ref _pingCount);
        Add(_pingsSent, 1);
    }

    public void PongReceived(TimeSpan roundTrip)
    {
        Interlocked.Increment(ref _pongCount);
        _averagePing.Add(roundTrip);
        Add(_pongsReceived, 1);
        try
        {
            _roundTrip.Record(roundTrip.TotalSeconds);
        }
        catch (Exception)
        {
            // As below.
        }
    }

    public void TimeoutDetected()
    {
        Interlocked.Increment(ref _timeoutCount);
        Add(_timeoutsDetected, 1);
    }

    // A listener runs on our stack. What it throws is its own fault, and must not fail what is being counted.
    private static void Add(Counter<long> counter, long value, string? tag = null, object? tagValue = null)
    {
        try
        {
            counter.Add(value, tag is null ? default : new TagList { { tag, tagValue } });
        }
        catch (Exception)
        {
            // There is nobody to tell: the listener knows.
        }
    }

    private static void Add(UpDownCounter<long> counter, long value)
    {
        try
        {
            counter.Add(value);
        }
        catch (Exception)
        {
            // As above.
        }
    }
}
