using System.Diagnostics.Metrics;
using Netra.Realtime.Administration;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Health;

namespace Netra.Realtime.LoadTests.Crowding;

/// <summary>The library as it is wired, with the heartbeat of Production. Nothing is started: who measures turns the wheel and sweeps.</summary>
internal sealed class CrowdHost : IDisposable
{
    // The longest that a retired session is kept, and a second.
    public static readonly TimeSpan RetiredFor = new Sessions.RetentionOptions().RetiredFor + TimeSpan.FromSeconds(1);

    private readonly ServiceProvider _services;

    public CrowdHost(int connections)
    {
        ServiceCollection services = new();
        services.AddMetrics();
        services.AddSingleton<TimeProvider>(Time);
        services.AddNetraRealtime(o =>
        {
            o.Limits.MaxConnections = connections;
            (o.Heartbeat.Interval, o.Heartbeat.Timeout, o.Heartbeat.Missed) = (Interval, TimeSpan.FromSeconds(75), 2);
        });
        _services = services.BuildServiceProvider();
        Connections = _services.GetRequiredService<RealtimeConnections>();
        Registry = _services.GetRequiredService<ConnectionRegistry>();
        Heartbeat = _services.GetRequiredService<HeartbeatEngine>();
        Sweeper = _services.GetRequiredService<Sweeper>();
        Administration = _services.GetRequiredService<IRealtimeAdministration>();
        Pings = new PingCounter(_services.GetRequiredService<IMeterFactory>());
    }

    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(25);

    public static TimeSpan Tick { get; } = Interval / HeartbeatWheel.Slots;

    public SteppedTime Time { get; } = new();

    public RealtimeConnections Connections { get; }

    public ConnectionRegistry Registry { get; }

    public HeartbeatEngine Heartbeat { get; }

    public Sweeper Sweeper { get; }

    public IRealtimeAdministration Administration { get; }

    public PingCounter Pings { get; }

    /// <summary>Whether neither a connection nor a place of one is left anywhere.</summary>
    public bool IsEmpty => Registry is { Count: 0, Wheel.Count: 0, Places.Taken: 0 };

    public void Dispose()
    {
        Pings.Dispose();
        _services.Dispose();
    }
}
