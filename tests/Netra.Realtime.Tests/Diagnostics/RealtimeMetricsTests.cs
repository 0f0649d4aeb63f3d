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
        Dictionary<string, long> seen = [];
        using MeterListener listener = Listen(metrics, (name, value) => seen[name] = seen.GetValueOrDefault(name) + value);

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
        counters.NoteUndelivered();
        counters.NoteSuperseded();
        counters.NoteReset();
        counters.NoteOverrun();
        listener.RecordObservableInstruments();

        Assert.Equal(4711, seen["netra.realtime.logs.memory"]);
        string[] others =
        [
            "connections.open", "connections.rejected", "connections.closed", "connections.reset", "connections.overrun", "isolation.violations",
            "delivery.attempts_failed", "messages.received", "messages.refused", "runs.ended", "events.undelivered", "events.superseded",
            "heartbeat.pings_sent", "heartbeat.pongs_received", "heartbeat.timeouts_detected", "heartbeat.rtt",
        ];
        Assert.Equal(others.Length + 1, seen.Count);
        Assert.All(others, name => Assert.Equal(1, seen["netra.realtime." + name]));
        metrics.Disconnected();
        Assert.Equal(0, seen["netra.realtime.connections.open"]);
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
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter == metrics.Meter)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => record(instrument.Name, value));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => record(instrument.Name, (long)value));
        listener.Start();
        return listener;
    }
}
