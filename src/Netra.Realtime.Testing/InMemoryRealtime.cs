using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Health;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Testing;

/// <summary>The whole library in a container of its own, as an application wires it. Two instances share nothing.</summary>
/// <remarks>
/// The settings are those of production: the sweep runs, on the given clock, so a fake clock that moves on expires events as a
/// server would. Only how busy the machine is counts for nothing (<c>Degradation</c> of the thread pool and of the memory is off), or a
/// test would shed events because another one is at work. Hosted services of the application are not started: there is no host.
/// </remarks>
[SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in what is required, so no call is ambiguous.")]
public sealed class InMemoryRealtime : IAsyncDisposable
{
    // Real time, only for agents that ignore their token: a fake clock that stands still must not hang the test.
    private static readonly TimeSpan StopNet = TimeSpan.FromSeconds(5);

    private readonly ServiceProvider _services;
    private readonly IHostedLifecycleService _hosted;
    private readonly Task _started;
    private int _isDisposed;

    private InMemoryRealtime(ServiceProvider services)
    {
        _services = services;
        _hosted = services.GetServices<IHostedService>().OfType<IHostedLifecycleService>()
            .First(service => service.GetType().Assembly == typeof(AgentRuns).Assembly);
        _started = _hosted.StartAsync(CancellationToken.None);
    }

    /// <summary>The emitters, as an application gets them injected.</summary>
    public EventEmitterFactory Emitters => _services.GetRequiredService<EventEmitterFactory>();

    /// <summary>Background runs.</summary>
    public AgentRuns Runs => _services.GetRequiredService<AgentRuns>();

    /// <summary>Takes over transports, for a test that has one of its own.</summary>
    public RealtimeConnections Connections => _services.GetRequiredService<RealtimeConnections>();

    /// <summary>All services, with those that were added by the builder.</summary>
    public IServiceProvider Services => _services;

    /// <summary>Wires the library.</summary>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="configure">Sets options.</param>
    /// <param name="build">Configures further; its <see cref="RealtimeBuilder.Services"/> takes what the agents need.</param>
    /// <returns>The library, running. Dispose of it.</returns>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option has a bad value.</exception>
    public static InMemoryRealtime Create(
        TimeProvider? timeProvider = null, Action<RealtimeOptions>? configure = null, Action<RealtimeBuilder>? build = null)
    {
        ServiceCollection services = new();
        services.AddSingleton(timeProvider ?? TimeProvider.System);
        RealtimeBuilder builder = services.AddNetraRealtime(options =>
        {
            IgnoreTheMachine(options.Degradation);
            configure?.Invoke(options);
        });
        build?.Invoke(builder);
        return new InMemoryRealtime(services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true }));
    }

    /// <summary>The events of a user so far, as a client that connects now would read them, whether or not anybody was connected.</summary>
    /// <param name="user">The user.</param>
    /// <returns>Oldest first. Neighbouring deltas of one part are one event (see <see cref="AgentEvent.First"/>); progress of a call and
    /// other <c>latest</c> events that a newer one superseded are not there, nor volatile ones that have passed.</returns>
    /// <exception cref="InvalidOperationException">Events have left the log by its bounds, so these would not be all. Raise
    /// <see cref="RealtimeOptions.Retention"/>, or read what is left by <see cref="UserEventEmitter.ReadLog"/>.</exception>
    /// <remarks>Reading delivers nothing and takes no connection's place.</remarks>
    public IReadOnlyList<AgentEvent> EventsOf(UserId user)
    {
        LogSnapshot log = Emitters.CreateFor(user).ReadLog();
        return log.TrimmedEvents == 0
            ? log.Events
            : throw new InvalidOperationException($"{log.TrimmedEvents} events have left the user's log by its bounds. Raise RealtimeOptions.Retention, or read what is left by ReadLog.");
    }

    /// <summary>Connects a client of a user, as a browser without a position does.</summary>
    /// <param name="user">The user.</param>
    /// <param name="cancellationToken">Gives up waiting for the welcome.</param>
    /// <returns>The client, when it has its welcome or was refused: <see cref="InMemoryConnection.Welcome"/> says which. Dispose of it.</returns>
    public Task<InMemoryConnection> ConnectAsync(UserId user, CancellationToken cancellationToken = default) =>
        ConnectAsync(new ConnectionRequest { User = user }, cancellationToken);

    /// <summary>Connects a client.</summary>
    /// <param name="request">Who, from where, and with which filter.</param>
    /// <param name="cancellationToken">Gives up waiting for the welcome.</param>
    /// <returns>The client, when it has its welcome or was refused: <see cref="InMemoryConnection.Welcome"/> says which. Dispose of it.</returns>
    /// <exception cref="ArgumentException">The request has no user.</exception>
    public Task<InMemoryConnection> ConnectAsync(ConnectionRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return InMemoryConnection.ConnectAsync(Connections, request, cancellationToken);
    }

    /// <summary>Stops as a host does: background runs are cancelled and end as <c>interrupted</c>, then clients are told <c>goaway</c> and closed with 1012.</summary>
    /// <returns>When all has ended; runs that ignore their token are left behind after at most 5 s of real time.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        using CancellationTokenSource net = new(StopNet, TimeProvider.System);
        await _started.ConfigureAwait(false);
        await _hosted.StoppingAsync(net.Token).ConfigureAwait(false);
        await _services.DisposeAsync().ConfigureAwait(false);
    }

    private static void IgnoreTheMachine(DegradationOptions degradation)
    {
        (degradation.PoolQueueToRefuse, degradation.PoolQueueToShed) = (0, 0);
        (degradation.MemoryLoadToRefuse, degradation.MemoryLoadToShed) = (0, 0);
    }
}
