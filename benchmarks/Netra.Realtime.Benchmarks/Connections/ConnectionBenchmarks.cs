using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Benchmarks.Connections;

/// <summary>Does what one connection costs depend on how many others there are? It must not.</summary>
[MemoryDiagnoser]
public class ConnectionBenchmarks
{
    private static readonly UserId User = UserId.Create("newcomer");

    private ServiceProvider? _services;
    private RealtimeConnections? _connections;
    private UserEventEmitter? _emitter;
    private DiscardingTransport[] _others = [];
    private Task[] _running = [];

    [Params(100, 10_000, 100_000)]
    public int Others { get; set; }

    [GlobalSetup]
    public void Connect()
    {
        _services = new ServiceCollection()
            .AddNetraRealtime(options => options.Limits.MaxConnections = Others + 10)
            .Services.BuildServiceProvider();
        _connections = _services.GetRequiredService<RealtimeConnections>();
        _others = [.. Enumerable.Range(0, Others).Select(_ => new DiscardingTransport())];
        _running = [.. _others.Select((transport, i) => _connections.RunAsync(transport, new ConnectionRequest { User = UserId.Create($"u{i}") }))];
        _emitter = _services.GetRequiredService<EventEmitterFactory>().CreateFor(UserId.Create("u7"));
    }

    [GlobalCleanup]
    public async Task Disconnect()
    {
        foreach (DiscardingTransport transport in _others)
        {
            transport.Abort();
        }

        await Task.WhenAll(_running);
        await _services!.DisposeAsync();
    }

    [Benchmark(Description = "emit to one of them")]
    public EmitResult Emit() => _emitter!.Emit("found", 7);

    [Benchmark(Description = "connect and disconnect one more")]
    public async Task<CloseReason> ConnectAndDisconnect()
    {
        DiscardingTransport transport = new();
        Task<CloseReason> connection = _connections!.RunAsync(transport, new ConnectionRequest { User = User });
        transport.Abort();
        return await connection;
    }
}
