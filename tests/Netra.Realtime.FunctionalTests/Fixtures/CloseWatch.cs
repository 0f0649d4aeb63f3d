using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>Sees by the meter of one host which closes have begun: the server's own word, without asking again and again.</summary>
public sealed class CloseWatch : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _closes = new();

    public CloseWatch(RealtimeServer server)
    {
        IMeterFactory meters = server.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RealtimeTelemetry.MeterName && instrument.Meter.Scope == meters && instrument.Name == "netra.realtime.connections.closed")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach ((string key, object? value) in tags)
            {
                if (key == "code")
                {
                    Close((int)value!).TrySetResult();
                }
            }
        });
        _listener.Start();
    }

    /// <summary>When a close with this code has begun.</summary>
    public Task WhenClosedAsync(int code) => Close(code).Task.OrFail();

    public void Dispose() => _listener.Dispose();

    private TaskCompletionSource Close(int code) => _closes.GetOrAdd(code, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
