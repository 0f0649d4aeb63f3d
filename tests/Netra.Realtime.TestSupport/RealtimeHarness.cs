using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Health;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;
using Netra.Realtime.Sessions;
using Netra.Realtime.Testing;

namespace Netra.Realtime.TestSupport;

/// <summary>The whole library as an application wires it, on a fake clock and without sockets.</summary>
internal sealed class RealtimeHarness : IAsyncDisposable
{
    public static readonly UserId Alice = UserId.Create("alice");
    public static readonly UserId Bob = UserId.Create("bob");

    private readonly ServiceProvider _services;

    public RealtimeHarness(
        Action<RealtimeOptions>? configure = null, Action<RealtimeBuilder>? build = null, Func<FakeTimeProvider, TimeProvider>? clock = null)
    {
        ServiceCollection services = new();
        services.AddSingleton(clock?.Invoke(Time) ?? Time);
        services.AddMetrics();
        RealtimeBuilder builder = services.AddNetraRealtime(configure);
        build?.Invoke(builder);
        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true });
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 10, 15, 30, 123, TimeSpan.Zero));

    public IServiceProvider Services => _services;

    public SessionDirectory Sessions => _services.GetRequiredService<SessionDirectory>();

    public EventEmitterFactory Emitters => _services.GetRequiredService<EventEmitterFactory>();

    public AgentRuns Runs => _services.GetRequiredService<AgentRuns>();

    public RealtimeConnections Connections => _services.GetRequiredService<RealtimeConnections>();

    public ConnectionRegistry Registry => _services.GetRequiredService<ConnectionRegistry>();

    public Sweeper Sweeper => _services.GetRequiredService<Sweeper>();

    public HeartbeatEngine Heartbeat => _services.GetRequiredService<HeartbeatEngine>();

    public FakeClient Connect(UserId? user = null, Func<ConnectionRequest, ConnectionRequest>? with = null, bool answersClose = true, bool stalled = false)
    {
        ConnectionRequest request = new() { User = user ?? Alice };
        InMemoryTransport transport = new();
        if (stalled)
        {
            transport.Stall();
        }
        return new FakeClient(transport, () => Connections.RunAsync(transport, with?.Invoke(request) ?? request), answersClose);
    }

    public FakeClient ConnectAs(string client, UserId? user = null, bool answersClose = true) =>
        Connect(user, request => request with { Client = new ClientId(client) }, answersClose);

    /// <inheritdoc cref="FakeTimeExtensions.AdvanceUntilAsync"/>
    public Task AdvanceUntilAsync(Task task, TimeSpan step) => Time.AdvanceUntilAsync(task, step);

    /// <summary>The last step of the stop of a host.</summary>
    public Task EndAsync() => Connections.EndAsync(Runs.End, CancellationToken.None);

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
