using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>Follows the meter of open connections of one host: the server's own word that a socket has come or is gone.</summary>
/// <remarks>To be made before the first connection.</remarks>
public sealed class OpenConnections : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly List<(long Count, TaskCompletionSource Reached)> _waiting = [];
    private long _count;

    public OpenConnections(RealtimeServer server)
    {
        IMeterFactory meters = server.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RealtimeTelemetry.MeterName && instrument.Meter.Scope == meters && instrument.Name == "netra.realtime.connections.open")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, change, _, _) => Move(change));
        _listener.Start();
    }

    /// <summary>Opened less ended.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>When exactly so many are open.</summary>
    public Task WhenAsync(long count)
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_count == count)
            {
                return Task.CompletedTask;
            }

            _waiting.Add((count, reached));
        }

        return reached.Task.OrFail();
    }

    public void Dispose() => _listener.Dispose();

    private void Move(long change)
    {
        lock (_gate)
        {
            _count += change;
            foreach ((long count, TaskCompletionSource reached) in _waiting)
            {
                if (count == _count)
                {
                    reached.TrySetResult();
                }
            }

            _waiting.RemoveAll(waiting => waiting.Reached.Task.IsCompleted);
        }
    }
}
