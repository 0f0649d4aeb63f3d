using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>Sees by the meter of one host how handshakes on its listener end.</summary>
public sealed class HandshakeWatch : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly List<string> _results = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HandshakeWatch(RealtimeServer server)
    {
        IMeterFactory meters = server.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RealtimeTelemetry.MeterName && instrument.Meter.Scope == meters && instrument.Name == "netra.realtime.handshakes.ended")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (_gate)
            {
                _results.Add((string)tags[0].Value!);
                _next.SetResult();
                _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        });
        _listener.Start();
    }

    /// <summary>When so many have ended with this result.</summary>
    public async Task WhenEndedAsync(string result, int times = 1)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_results.Count(other => other == result) >= times)
                {
                    return;
                }

                next = _next.Task;
            }

            await next.OrFail();
        }
    }

    public void Dispose() => _listener.Dispose();
}
