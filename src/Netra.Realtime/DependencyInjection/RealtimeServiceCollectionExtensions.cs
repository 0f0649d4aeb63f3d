using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Netra.Realtime.Administration;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Emitters;
using Netra.Realtime.Health;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Runs;
using Netra.Realtime.Sessions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Netra.Realtime to a host.</summary>
public static class RealtimeServiceCollectionExtensions
{
    /// <summary>Adds emitters, runs and connections. Calling it again only adds configuration.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets options; a bad value stops the start of the host and is named.</param>
    /// <returns>A builder for the rest.</returns>
    public static RealtimeBuilder AddNetraRealtime(this IServiceCollection services, Action<RealtimeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        bool isFirst = !services.Any(service => service.ServiceType == typeof(SessionDirectory));
        if (isFirst)
        {
            services.AddOptions<RealtimeOptions>().ValidateOnStart();
            // In front of whatever has configured the options already: the profile is what all else overrides.
            services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<RealtimeOptions>, EnvironmentProfile>());
            services.AddSingleton<IValidateOptions<RealtimeOptions>, RealtimeOptionsValidator>();
            services.TryAddSingleton(TimeProvider.System);
            AddCore(services);
        }

        if (configure is not null)
        {
            services.Configure(configure);
        }

        return new RealtimeBuilder(services);
    }

    // Core types take their own part of the options, the clock and a logger, so that they can be built by hand too.
    private static void AddCore(IServiceCollection services)
    {
        services.AddSingleton(provider => new RealtimeMetrics(provider.GetService<IMeterFactory>()));
        services.AddSingleton(provider =>
        {
            SessionDirectory sessions = new(
                ToSessionSettings(Options(provider)),
                provider.GetRequiredService<TimeProvider>(),
                Loggers(provider).CreateLogger<SessionDirectory>(),
                services.Any(service => service.ServiceType == typeof(IUndeliveredEventHandler)) ? ToUndeliveredHandler(provider) : null,
                provider.GetRequiredService<RealtimeMetrics>().ForeignStamp);
            provider.GetRequiredService<RealtimeMetrics>().ObserveLogs(sessions.Pool.Counters, () => sessions.Pool.BytesInUse);
            provider.GetRequiredService<RealtimeMetrics>().ObservePressure(sessions.Pool.Counters, () => (long)sessions.Pressure.Stage);
            return sessions;
        });
        services.AddSingleton<RoomDirectory>();
        services.AddSingleton(provider => new RealtimeRooms(provider.GetRequiredService<RoomDirectory>(), provider.GetRequiredService<SessionDirectory>()));
        services.TryAddScoped<IRoomPolicy, RefuseAllRooms>();
        services.AddSingleton(provider => new EventWriter(
            provider.GetRequiredService<SessionDirectory>(),
            ToEventLimits(Options(provider)),
            Options(provider).SerializerOptions,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new EventEmitterFactory(provider.GetRequiredService<EventWriter>(), provider.GetRequiredService<RoomDirectory>()));
        services.AddSingleton(provider => new ConnectionHooks(
            provider.GetServices<ConnectedHook>(),
            provider.GetServices<DisconnectedHook>(),
            provider.GetServices<WentOfflineHook>(),
            Options(provider).Heartbeat.OfflineAfter,
            provider.GetRequiredService<IServiceScopeFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            Loggers(provider).CreateLogger<ConnectionHooks>()));
        services.AddSingleton(provider => new ConnectionRegistry(
            provider.GetRequiredService<SessionDirectory>(),
            new ConnectionCounter(Options(provider).Limits.MaxConnections, Options(provider).Limits.MaxConnectionsPerTenant),
            new HeartbeatWheel(provider.GetRequiredService<TimeProvider>()),
            provider.GetRequiredService<ConnectionHooks>(),
            provider.GetRequiredService<RealtimeMetrics>(),
            Loggers(provider).CreateLogger<ConnectionRegistry>()));
        services.AddSingleton(provider => new AgentRuns(
            provider.GetRequiredService<EventEmitterFactory>(),
            provider.GetRequiredService<EventWriter>(),
            provider.GetRequiredService<IServiceScopeFactory>(),
            provider.GetRequiredService<RealtimeMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            Loggers(provider).CreateLogger<AgentRuns>()));
        services.AddSingleton(provider => CancelMessage.Handle(provider.GetRequiredService<AgentRuns>()));
        services.AddSingleton(provider => RoomMessages.Join(provider.GetRequiredService<RealtimeRooms>()));
        services.AddSingleton(provider => RoomMessages.Leave(provider.GetRequiredService<RealtimeRooms>()));
        services.AddSingleton(provider => new ClientMessageTable(provider.GetServices<ClientMessageRegistration>()));
        services.AddSingleton(provider => new RealtimeConnections(
            provider.GetRequiredService<ConnectionRegistry>(),
            ToConnectionSettings(Options(provider)),
            provider.GetRequiredService<ClientMessageTable>(),
            provider.GetRequiredService<IServiceScopeFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            Loggers(provider)));
        services.TryAddSingleton<IRealtimeAdministration>(provider => new RealtimeAdministration(
            provider.GetRequiredService<RealtimeConnections>(),
            provider.GetRequiredService<ConnectionRegistry>(),
            provider.GetRequiredService<RoomDirectory>()));
        services.AddSingleton(provider => new RunWatchdog(provider.GetRequiredService<EventWriter>(), Loggers(provider).CreateLogger<RunWatchdog>()));
        services.AddSingleton(provider => new Sweeper(
            provider.GetRequiredService<ConnectionRegistry>(),
            provider.GetRequiredService<RunWatchdog>(),
            Options(provider).Heartbeat,
            provider.GetRequiredService<TimeProvider>(),
            Loggers(provider).CreateLogger<Sweeper>()));
        services.AddSingleton(provider => new HeartbeatEngine(
            provider.GetRequiredService<ConnectionRegistry>(),
            Options(provider).Heartbeat,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => ToGauges(Options(provider), provider.GetRequiredService<SessionDirectory>()));
        services.AddSingleton(provider => new PressureMonitor(
            provider.GetRequiredService<SessionDirectory>(),
            Options(provider).Degradation,
            provider.GetRequiredService<PressureGauges>(),
            provider.GetRequiredService<TimeProvider>(),
            Loggers(provider).CreateLogger<PressureMonitor>()));
        services.AddSingleton<IHostedService>(provider => new RealtimeHostedService(
            provider.GetRequiredService<RealtimeConnections>(),
            provider.GetRequiredService<AgentRuns>(),
            provider.GetRequiredService<Sweeper>(),
            provider.GetRequiredService<HeartbeatEngine>(),
            provider.GetRequiredService<PressureMonitor>(),
            Options(provider).Delivery));
    }

    private static RealtimeOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<RealtimeOptions>>().Value;

    // Hosts have both; a bare container need not have logging.
    private static ILoggerFactory Loggers(IServiceProvider provider) => provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;

    private static SessionSettings ToSessionSettings(RealtimeOptions options) => new()
    {
        MaxEvents = options.Retention.MaxEvents,
        MaxBytes = options.Retention.MaxBytes,
        MaxAge = options.Retention.MaxAge,
        TotalBytes = options.Retention.TotalBytes,
        RetiredFor = options.Retention.RetiredFor,
        MaxRetired = Math.Clamp(options.Limits.MaxConnections, options.Retention.MaxRetired, RetentionOptions.MostRetired),
        MaxOpenRuns = options.Limits.MaxOpenRunsPerUser,
        MaxRooms = options.Limits.MaxRoomsPerUser,
        WhenFull = options.Limits.WhenFull,
    };

    private static Func<UndeliveredEvents, Task> ToUndeliveredHandler(IServiceProvider provider)
    {
        IServiceScopeFactory scopes = provider.GetRequiredService<IServiceScopeFactory>();
        return async events =>
        {
            AsyncServiceScope scope = scopes.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                await scope.ServiceProvider.GetRequiredService<IUndeliveredEventHandler>().HandleAsync(events).ConfigureAwait(false);
            }
        };
    }

    private static PressureGauges ToGauges(RealtimeOptions options, SessionDirectory sessions)
    {
        long budget = options.Retention.TotalBytes;
        MemoryLoadGauge memory = new(PressureLevel.OfMemoryLoad(options.Degradation).NormalBelow);
        return new PressureGauges(() => (double)sessions.Pool.BytesInUse / budget, () => ThreadPool.PendingWorkItemCount, memory.Read);
    }

    private static EventLimits ToEventLimits(RealtimeOptions options) => new()
    {
        MaxEventBytes = options.Limits.MaxEventBytes,
        MaxToolInputChars = options.Limits.MaxToolInputChars,
        MaxToolOutputChars = options.Limits.MaxToolOutputChars,
        MaxErrorChars = options.Limits.MaxErrorChars,
        MaxRunSilence = options.Limits.MaxRunSilence,
    };

    private static ConnectionSettings ToConnectionSettings(RealtimeOptions options) => new(
        options.Limits,
        options.Delivery,
        options.Heartbeat.Enabled
            ? new HeartbeatSettings((long)options.Heartbeat.Interval.TotalMilliseconds, (long)options.Heartbeat.Timeout.TotalMilliseconds)
            : new HeartbeatSettings(0, (long)options.Heartbeat.StaleAfter.TotalMilliseconds));
}
