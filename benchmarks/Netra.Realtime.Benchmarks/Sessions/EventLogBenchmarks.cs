using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Benchmarks.Sessions;

/// <summary>What do appending to a log that nobody reads, reading it, and resuming in it cost?</summary>
[MemoryDiagnoser]
public class EventLogBenchmarks
{
    private const int Deltas = 5_000;

    private readonly MessageBatch _batch = new();
    private readonly ConnectionCounter _places = new(1_000);
    private ServiceProvider? _services;
    private RunEmitter? _run;
    private UserSession? _session;
    private ulong _stamp;
    private string? _oldest;
    private string? _newest;

    [GlobalSetup]
    public void Fill()
    {
        _services = new ServiceCollection()
            .AddNetraRealtime(options => (options.Retention.MaxEvents, options.Retention.MaxBytes) = (2 * Deltas, 1024 * 1024))
            .Services.BuildServiceProvider();
        UserId user = UserId.Create("u1");
        UserEventEmitter emitter = _services.GetRequiredService<EventEmitterFactory>().CreateFor(user);
        SessionDirectory sessions = _services.GetRequiredService<SessionDirectory>();
        _session = sessions.GetOrAdd(user);
        _run = emitter.StartRun("agent");
        for (int i = 0; i < 30 * Deltas; i++)
        {
            _run.Respond(" token"); // to the bounds, so that what follows is the steady state
        }

        _newest = _session.Log.Head.ToString();
        _oldest = _session.Log.Head.At(_session.Log.Head.Sequence - Deltas).ToString();
        _stamp = sessions.StampOf(user);
    }

    [GlobalCleanup]
    public ValueTask Dispose() => _services!.DisposeAsync();

    [Benchmark(Baseline = true, Description = "append a delta")]
    public EmitResult Append() => _run!.Respond(" token");

    [Benchmark(Description = "resume at the head, leave")]
    public int ResumeAtTheHead() => ReadFrom(_newest!);

    [Benchmark(Description = "resume, read 5,000 deltas, leave")]
    public int ReadAll() => ReadFrom(_oldest!);

    // The appends of the other benchmark moved the window in their own process; each benchmark has one of its own.
    private int ReadFrom(string lastEventId)
    {
        UserSession session = _session!;
        Cursor cursor = new() { OwnerStamp = _stamp };
        session.Connect(cursor, lastEventId, ReplayStart.Live, 3, _places);
        int messages = 0;
        bool isOver = false;
        while (!isOver)
        {
            lock (session.Gate)
            {
                ReadOutcome outcome = session.Log.ReadLocked(cursor, _batch);
                messages += _batch.Count;
                isOver = _batch.Count == 0 && outcome == ReadOutcome.AtHead;
                _batch.Clear();
                session.Log.EndReadLocked(cursor, flushed: true);
            }
        }

        session.Disconnect(cursor, _places);
        return messages;
    }

    private sealed class Cursor : LogCursor
    {
        public override void Supersede()
        {
            // Nobody else connects here.
        }

        public override void Wake()
        {
            // The benchmark reads by itself.
        }

        public override void WakeOnPool()
        {
            // As above.
        }
    }
}
