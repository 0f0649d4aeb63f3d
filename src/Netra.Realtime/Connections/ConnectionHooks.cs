using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Connections;

/// <summary>Tells the application who came and who went: on the pool, one scope a call, and nothing of the library waits for it.</summary>
/// <remarks>Of one connection the end is told after what its beginning set off has ended. Where there are no hooks, nothing is made for a connection.</remarks>
internal sealed class ConnectionHooks : IDisposable
{
    private readonly ConnectedHook[] _connected;
    private readonly DisconnectedHook[] _disconnected;
    private readonly WentOfflineHook[] _wentOffline;
    private readonly IServiceScopeFactory _scopes;
    private readonly SafeLogger _logger;
    private readonly OfflineWatch? _offline;

    private readonly PendingWork _pending = new();

    public ConnectionHooks(
        IEnumerable<ConnectedHook> connected, IEnumerable<DisconnectedHook> disconnected, IEnumerable<WentOfflineHook> wentOffline, TimeSpan offlineAfter,
        IServiceScopeFactory scopes, TimeProvider time, ILogger logger)
    {
        (_connected, _disconnected, _wentOffline) = ([.. connected], [.. disconnected], [.. wentOffline]);
        _scopes = scopes;
        _logger = SafeLogger.Of(logger);
        _offline = _wentOffline.Length > 0 ? new OfflineWatch(offlineAfter, time, WentOffline) : null;
    }

    /// <summary>Somebody has connected. To be followed by <see cref="Disconnected"/>.</summary>
    /// <returns>What is to be given to that.</returns>
    public Task Connected(RealtimeConnection connection)
    {
        _offline?.Enter(connection.User);
        return _connected.Length == 0
            ? Task.CompletedTask
            : Begin(Task.CompletedTask, _connected, Describe(connection), static (hook, info, services) => hook.Call(info, services));
    }

    /// <summary>The connection has ended.</summary>
    public void Disconnected(RealtimeConnection connection, CloseReason reason, Task connected)
    {
        _offline?.Leave(connection.User);
        if (_disconnected.Length > 0)
        {
            _ = Begin(connected, _disconnected, (Info: Describe(connection), reason), static (hook, end, services) => hook.Call(end.Info, end.reason, services));
        }
    }

    /// <summary>When no hook runs.</summary>
    public Task WhenIdleAsync() => _pending.WhenIdleAsync();

    /// <summary>Nobody goes offline any more: the host does.</summary>
    public void Dispose() => _offline?.Dispose();

    private static ConnectionInfo Describe(RealtimeConnection connection) => new(connection.Id, connection.User, connection.Client, connection.ConnectedAt);

    private void WentOffline(UserId user) => _ = Begin(Task.CompletedTask, _wentOffline, user, static (hook, who, services) => hook.Call(who, services));

    private Task Begin<THook, TArgument>(Task after, THook[] hooks, TArgument argument, Func<THook, TArgument, IServiceProvider, Task> call) => _pending.Run(async () =>
    {
        await after.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (THook hook in hooks)
        {
            await RunAsync(hook, argument, call).ConfigureAwait(false);
        }
    });

    private async Task RunAsync<THook, TArgument>(THook hook, TArgument argument, Func<THook, TArgument, IServiceProvider, Task> call)
    {
        try
        {
            AsyncServiceScope scope = _scopes.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                await call(hook, argument, scope.ServiceProvider).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            // The application's own: the other hooks go on, and so does the connection.
            ConnectionsLog.HookThrew(_logger, e, typeof(THook).Name);
        }
    }
}
