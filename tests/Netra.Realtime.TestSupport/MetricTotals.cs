using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Diagnostics;

namespace Netra.Realtime.TestSupport;

/// <summary>What one host has counted since this was made, by the name of the instrument, and by name and tag: <c>connections.closed 4407</c>.</summary>
internal sealed class MetricTotals : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _totals = new();

    public MetricTotals(IServiceProvider host)
    {
        IMeterFactory meters = host.GetRequiredService<IMeterFactory>();
        _ = host.GetRequiredService<RealtimeMetrics>(); // so that there is a meter
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RealtimeTelemetry.MeterName && instrument.Meter.Scope == meters && !instrument.IsObservable)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, change, tags, _) =>
        {
            Add(instrument.Name, change);
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                Add($"{instrument.Name} {tag.Value}", change);
            }
        });
        _listener.Start();
    }

    public long this[string name] => _totals.GetValueOrDefault(name);

    /// <summary>Everything that was counted, a line each.</summary>
    public override string ToString() => string.Join(Environment.NewLine, _totals.Where(total => total.Value != 0).OrderBy(total => total.Key, StringComparer.Ordinal).Select(total => $"{total.Key}: {total.Value}"));

    public void Dispose() => _listener.Dispose();

    private void Add(string name, long change) => _totals.AddOrUpdate(name, change, (_, before) => before + change);
}
