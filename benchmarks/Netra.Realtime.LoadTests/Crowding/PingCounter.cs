using System.Diagnostics.Metrics;

namespace Netra.Realtime.LoadTests.Crowding;

/// <summary>The pings that one host has written, and those that were answered, by its own metrics.</summary>
internal sealed class PingCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _sent;
    private long _answered;

    /// <param name="meters">The host's own: others may live in this process.</param>
    public PingCounter(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Name is "netra.realtime.heartbeat.pings_sent" or "netra.realtime.heartbeat.pongs_received")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
            Interlocked.Add(ref instrument.Name.EndsWith("pings_sent", StringComparison.Ordinal) ? ref _sent : ref _answered, value));
        _listener.Start();
    }

    public long Sent => Interlocked.Read(ref _sent);

    public long Answered => Interlocked.Read(ref _answered);

    public void Dispose() => _listener.Dispose();
}
