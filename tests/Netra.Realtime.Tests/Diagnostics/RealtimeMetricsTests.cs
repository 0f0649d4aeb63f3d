using System.Diagnostics.Metrics;
using Netra.Realtime.Diagnostics;

namespace Netra.Realtime.Tests.Diagnostics;

public sealed class RealtimeMetricsTests
{
    [Fact]
    public void Instruments_OfWhatIsCounted_MoveWithIt()
    {
        using RealtimeMetrics metrics = new(null);
        LogCounters counters = new();
        metrics.ObserveLogs(counters, () => 4711);
        metrics.ObservePressure(counters, () => 1);
        Dictionary<string, long> seen = [];
        using MeterListener listener = Listen(metrics, (name, value) => seen[name] = seen.GetValueOrDefault(name) + value);

        metrics.HandshakeEnded(HandshakeOutcome.Accepted);
        metrics.Connected();
        metrics.Rejected("user_limit");
        metrics.Closed(1000);
        metrics.ForeignStamp();
        metrics.SendAttemptFailed();
        metrics.MessageReceived();
        metrics.MessageRefused("bad_request");
        metrics.RunEnded("Completed");
        metrics.PingSent();
        metrics.PongReceived(TimeSpan.FromSeconds(1));
        metrics.TimeoutDetected();
        metrics.Resurrected();
        metrics.Stalled();
        metrics.Dropped();
        counters.NoteUndelivered(isText: false);
        counters.NoteUnhandled(1);
        counters.NoteSuperseded();
        counters.NoteReset();
        counters.NoteOverrun();
        counters.NoteShed();
        listener.RecordObservableInstruments();

        Assert.Equal(4711, seen["netra.realtime.logs.memory"]);
        string[] others =
        [
            "handshakes.ended", "connections.open", "connections.rejected", "connections.closed", "connections.reset", "connections.overrun", "isolation.violations",
            "delivery.attempts_failed", "messages.received", "messages.refused", "runs.ended", "events.undelivered", "events.unhandled", "events.superseded",
            "heartbeat.pings_sent", "heartbeat.pongs_received", "heartbeat.timeouts_detected", "heartbeat.rtt",
            "heartbeat.resurrections", "heartbeat.stalls", "connections.dropped",
            "events.shed", "pressure.stage",
        ];
        Assert.Equal(others.Length + 1, seen.Count);
        Assert.All(others, name => Assert.Equal(1, seen["netra.realtime." + name]));
        metrics.Disconnected();
        Assert.Equal(0, seen["netra.realtime.connections.open"]);
    }

    [Fact]
    public void HandshakeEnded_EachOutcome_HasATagOfItsOwn()
    {
        using RealtimeMetrics metrics = new(null);
        List<object?> results = [];
        using MeterListener listener = new() { InstrumentPublished = (instrument, self) => Enable(metrics, instrument, self) };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => results.Add(tags[0].Key == "result" ? tags[0].Value : null));
        listener.Start();

        foreach (HandshakeOutcome outcome in Enum.GetValues<HandshakeOutcome>())
        {
            metrics.HandshakeEnded(outcome);
        }

        Assert.Equal(["accepted", "refused_4xx", "refused_5xx", "timed_out", "left"], results);
    }

    [Fact]
    public void Listener_Throws_NothingFails()
    {
        using RealtimeMetrics metrics = new(null);
        using MeterListener listener = Listen(metrics, (_, _) => throw new InvalidOperationException("a listener's fault"));

        metrics.Connected();
        metrics.Closed(1000);
        metrics.PongReceived(TimeSpan.FromSeconds(1));
    }

    private static MeterListener Listen(RealtimeMetrics metrics, Action<string, long> record)
    {
        MeterListener listener = new() { InstrumentPublished = (instrument, self) => Enable(metrics, instrument, self) };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => record(instrument.Name, value));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => record(instrument.Name, (long)value));
        listener.Start();
        return listener;
    }

    private static void Enable(RealtimeMetrics metrics, Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter == metrics.Meter)
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }
}
