using System.Text.Json.Serialization;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Benchmarks.Emitters;

/// <summary>What does one event cost, from the emitter to the transport of one connection, and does it allocate?</summary>
[MemoryDiagnoser]
public partial class EmitBenchmarks
{
    private static readonly byte[] Json = """{"query":"pipelines","page":1,"tags":["a","b"]}"""u8.ToArray();
    private static readonly SearchInput Input = new("pipelines", 1, ["a", "b"]);

    private readonly DiscardingTransport _transport = new();
    private ServiceProvider? _services;
    private Task? _connection;
    private EventEmitterFactory? _emitters;
    private UserEventEmitter? _emitter;
    private RunEmitter? _run;

    [GlobalSetup]
    public void Connect()
    {
        _services = new ServiceCollection().AddNetraRealtime().Services.BuildServiceProvider();
        UserId user = UserId.Create("u1");
        _connection = _services.GetRequiredService<RealtimeConnections>().RunAsync(_transport, new ConnectionRequest { User = user });
        _emitters = _services.GetRequiredService<EventEmitterFactory>();
        _emitter = _emitters.CreateFor(user, new ThreadId("t1"));
        _run = _emitter.StartRun("agent");
        for (int i = 0; i < 20_000; i++)
        {
            // The log reaches its bounds, so that what follows is the steady state.
            _emitter.Emit("warm_up", EventPayload.FromJson(Json));
            _run.Respond("warm up ");
        }
    }

    [GlobalCleanup]
    public async Task Disconnect()
    {
        _transport.Abort();
        await _connection!;
        await _services!.DisposeAsync();
    }

    [Benchmark(Baseline = true, Description = "delta of a token")]
    public EmitResult Delta() => _run!.Respond(" token");

    [Benchmark(Description = "event, UTF-8 JSON")]
    public EmitResult Utf8() => _emitter!.Emit("found", EventPayload.FromJson(Json));

    [Benchmark(Description = "event, JsonTypeInfo")]
    public EmitResult TypeInfo() => _emitter!.Emit("found", Input, BenchmarkJson.Default.SearchInput, default);

    [Benchmark(Description = "delta in a batch of 1")]
    public EmitResult BatchOfOne()
    {
        using EmitBatch batch = _emitters!.Batch();
        return _run!.Respond(" token");
    }

    [Benchmark(Description = "delta in a batch of 50", OperationsPerInvoke = 50)]
    public EmitResult BatchOfFifty()
    {
        using EmitBatch batch = _emitters!.Batch();
        EmitResult result = default;
        for (int i = 0; i < 50; i++)
        {
            result = _run!.Respond(" token");
        }

        return result;
    }

    [Benchmark(Description = "UTF-8 event in a batch of 50", OperationsPerInvoke = 50)]
    public EmitResult EventsInABatch()
    {
        using EmitBatch batch = _emitters!.Batch();
        EmitResult result = default;
        for (int i = 0; i < 50; i++)
        {
            result = _emitter!.Emit("found", EventPayload.FromJson(Json));
        }

        return result;
    }

    public sealed record SearchInput(string Query, int Page, string[] Tags);

    [JsonSerializable(typeof(SearchInput))]
    public sealed partial class BenchmarkJson : JsonSerializerContext;
}
