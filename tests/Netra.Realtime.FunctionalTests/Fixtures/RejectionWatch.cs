using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>Sees by the meter of one host which limits have refused a connection.</summary>
public sealed class RejectionWatch : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly List<string> _reasons = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public RejectionWatch(RealtimeServer server)
    {
        IMeterFactory meters = server.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RealtimeTelemetry.MeterName && instrument.Meter.Scope == meters && instrument.Name == "netra.realtime.connections.rejected")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (_gate)
            {
                _reasons.Add((string)tags[0].Value!);
                _next.SetResult();
                _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        });
        _listener.Start();
    }

    public IReadOnlyList<string> Reasons
    {
        get
        {
            lock (_gate)
            {
                return [.. _reasons];
            }
        }
    }

    /// <summary>When so many were refused for this reason.</summary>
    public async Task WhenRefusedAsync(string reason, int times)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_reasons.Count(other => other == reason) >= times)
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
