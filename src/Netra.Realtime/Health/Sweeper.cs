using Microsoft.Extensions.Logging;
using Netra.Realtime.Connections;

namespace Netra.Realtime.Health;

/// <summary>Expires logs and retired sessions, and tells quiet connections where they are.</summary>
internal sealed class Sweeper(ConnectionRegistry registry, TimeSpan interval, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly Lock _gate = new();
    private ITimer? _timer;

    public void Start() => _timer ??= time.CreateTimer(static state => ((Sweeper)state!).Sweep(), this, interval, interval); // the state is this

    public void Dispose() => _timer?.Dispose();

    public void Sweep()
    {
        if (!_gate.TryEnter())
        {
            return; // a sweep that takes longer than the interval is not helped by another
        }

        try
        {
            registry.Sessions.Sweep();
            registry.TellPositions();
        }
        catch (Exception e)
        {
            // A timer's exception would end the process.
            HealthLog.SweepFailed(logger, e);
        }
        finally
        {
            _gate.Exit();
        }
    }
}
