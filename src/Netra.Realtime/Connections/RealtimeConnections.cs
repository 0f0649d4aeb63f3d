using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Connections;

/// <summary>Takes over sockets that a host has accepted. Safe to call concurrently.</summary>
public sealed class RealtimeConnections
{
    // Saying 1013 takes a handshake and up to the time of a close: what is beyond this is a flood.
    private const int MinRefusing = 1_000;

    private readonly ConnectionRegistry _registry;
    private readonly ConnectionSettings _settings;
    private readonly ClientMessageTable _handlers;
    private readonly IServiceScopeFactory _scopes;
    private int _isStopping;
    private int _warnedOfVersion;

    internal RealtimeConnections(
        ConnectionRegistry registry, ConnectionSettings settings, ClientMessageTable handlers, IServiceScopeFactory scopes, TimeProvider time, ILoggerFactory loggers)
    {
        _registry = registry;
        _settings = settings;
        _handlers = handlers;
        _scopes = scopes;
        Time = time;
        Rates = new ConnectRates(settings.Limits, time);
        Logger = SafeLogger.Of(loggers.CreateLogger<RealtimeConnections>());
    }

    /// <summary>Whether the host stops: newcomers are to be refused before their handshake.</summary>
    public bool IsStopping => Volatile.Read(ref _isStopping) != 0;

    /// <summary>Whether so many sockets over a limit are being closed that newcomers are to be refused before their handshake.</summary>
    public bool IsOverloaded => _registry.Refusing >= Math.Max(MinRefusing, _settings.Limits.MaxConnections);

    /// <summary>How hard pressed the host is: at any stage but <see cref="PressureStage.Normal"/> newcomers are to be refused before their handshake.</summary>
    public HostPressure Pressure => _registry.Sessions.Pressure;

    /// <summary>The connections that count against <see cref="LimitOptions.MaxConnections"/>.</summary>
    public int Count => _registry.Places.Taken;

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    internal ConnectRates Rates { get; }

    internal RealtimeMetrics Metrics => _registry.Metrics;

    internal LimitOptions Limits => _settings.Limits;

    internal DeliveryOptions Delivery => _settings.Delivery;

    /// <summary>Serves a socket until it has ended.</summary>
    /// <param name="transport">The socket, open; disposed of when it has ended.</param>
    /// <param name="request">Who connects, and from where in the log.</param>
    /// <returns>Why it ended. Over a limit the socket is closed with 1013 at once, without a welcome. Never throws for what a peer does.</returns>
    public Task<CloseReason> RunAsync(IWebSocketTransport transport, ConnectionRequest request)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(request);
        if (request.User == default)
        {
            throw new ArgumentException("A connection is of a user.", nameof(request));
        }

        RealtimeConnection connection = new(request, transport, _registry, _settings, Time, Logger);
        Task<CloseReason> run = connection.RunAsync(_handlers, _scopes);
        if (IsStopping)
        {
            connection.Close(CloseReason.ServiceRestart); // it may have come after the stop told everybody
        }

        return run;
    }

    /// <summary>
    /// Refuses newcomers, tells everybody when to come back, lets each have what its log still owes it, and closes with 1012. A web server waits for its
    /// upgraded requests, so nothing stops before this.
    /// </summary>
    internal async Task StopAsync(CancellationToken cancellationToken)
    {
        BeginStop();
        TimeSpan closeTimeout = _settings.Delivery.CloseTimeout;
        _registry.GoAway(_settings.Delivery.ReconnectWithin);

        // Whoever reads is at the head in a moment and leaves by itself; the rest have this time.
        await _registry.WhenEmptyAsync().WaitAsync(closeTimeout, Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _registry.CloseAll(cancellationToken.IsCancellationRequested ? CloseReason.GoingAway : CloseReason.ServiceRestart);

        // Each has this time for its close, and once more for a read or a flush that does not end with the socket.
        using CancellationTokenSource deadline = new(2 * closeTimeout, Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        await _registry.WhenEmptyAsync().WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Whoever left has told its hooks before it was out of the registry.
        await _registry.Hooks.WhenIdleAsync().WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _registry.Sessions.CleanUpAll();
        await _registry.Sessions.Cleanups.WhenIdleAsync().WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Everything else of the host has stopped: what is left in the logs goes to the application's handler, and from here on nothing is accepted.</summary>
    /// <param name="endRun">Ends a run that was started after the stop ended all.</param>
    /// <param name="cancellationToken">The time is over.</param>
    internal async Task EndAsync(Action<UserSession, OpenRun> endRun, CancellationToken cancellationToken)
    {
        SessionDirectory sessions = _registry.Sessions;
        LogCounters counters = sessions.Pool.Counters;
        (long before, long textBefore) = (counters.Undelivered, counters.UndeliveredText);
        await sessions.EndAllAsync(endRun, cancellationToken).ConfigureAwait(false);
        (long undelivered, long text) = (counters.Undelivered - before, counters.UndeliveredText - textBefore);
        if (sessions.Undelivered is { } queue)
        {
            await queue.WhenIdleAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        ConnectionsLog.Stopped(Logger, undelivered - text, text, counters.Unhandled);
    }

    internal bool IsRevoked(UserId user) => _registry.Revoked.Contains(user);

    /// <summary>Whether this is the first time that a client offers only versions that are not spoken.</summary>
    internal bool TryWarnOfVersion() => Interlocked.Exchange(ref _warnedOfVersion, 1) == 0;

    internal void BeginStop()
    {
        Volatile.Write(ref _isStopping, 1);
        _registry.Hooks.Dispose(); // from here on nobody goes offline: the host does
    }
}
