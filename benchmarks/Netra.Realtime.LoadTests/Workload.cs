using System.Diagnostics;
using System.Globalization;
using Netra.Realtime.LoadTests.Driving;
using Netra.Realtime.LoadTests.Targets;

namespace Netra.Realtime.LoadTests;

/// <summary>What <c>/start</c> makes a target send. One at a time; every start numbers its events from 0.</summary>
internal sealed class Workload(Target target)
{
    private int _isRunning;
    private LatencyHistogram _emits = new();
    private long _emitting;

    /// <returns>What it came to, as JSON; null while another is under way.</returns>
    public async Task<string?> RunAsync(WorkloadSpec spec, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isRunning, 1) != 0)
        {
            return null;
        }

        try
        {
            return await MeasureAsync(spec, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
    }

    private async Task<string> MeasureAsync(WorkloadSpec spec, CancellationToken cancellationToken)
    {
        string[] users = [.. Enumerable.Range(0, spec.Users).Select(n => $"u{n}")];
        target.Prepare(users);
        int everybody = spec.Kind == "bcast" ? target.PrepareBroadcast() : 0;
        long allocated = GC.GetTotalAllocatedBytes(precise: true), started = Stopwatch.GetTimestamp();
        int gen0 = GC.CollectionCount(0), gen2 = GC.CollectionCount(2);
        switch (spec.Kind)
        {
            case "tput":
                await EventsAsync(spec, users, cancellationToken);
                break;
            case "burst":
                await DeltasAsync(spec, users, cancellationToken);
                break;
            case "bcast":
                await BroadcastAsync(spec, cancellationToken);
                break;
            default:
                await PacedAsync(spec, users, cancellationToken);
                break;
        }

        await target.WhenWrittenAsync(spec.Awaited ?? int.MaxValue, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long bytes = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        gen0 = GC.CollectionCount(0) - gen0;
        gen2 = GC.CollectionCount(2) - gen2;
        target.Finish();
        long events = spec.Kind == "bcast" ? spec.PerUser * everybody : spec.Total;
        string emits = spec.Kind == "paced"
            ? string.Create(CultureInfo.InvariantCulture, $$""","emit_us":{{_emitting / 1e3 / Math.Max(1, events):F2}},"emit_p99_us":{{_emits.Quantile(0.99) / 1e3:F2}}""")
            : "";
        return string.Create(CultureInfo.InvariantCulture,
            $$"""{"events":{{events}},"seconds":{{seconds:F4}},"alloc_per_event":{{(double)bytes / Math.Max(1, events):F1}},"gen0":{{gen0}},"gen2":{{gen2}},"heap":{{GC.GetTotalMemory(forceFullCollection: false)}}{{emits}}}""");
    }

    private async Task EventsAsync(WorkloadSpec spec, string[] users, CancellationToken cancellationToken)
    {
        Payload[] payloads = new Payload[spec.Each];
        for (int round = 0; round < spec.Rounds; round++)
        {
            for (int user = 0; user < users.Length; user++)
            {
                if (payloads.Length == 1)
                {
                    target.Send(user, Payload.Create(users[user], round, spec.Size));
                    continue;
                }

                for (int i = 0; i < payloads.Length; i++)
                {
                    payloads[i] = Payload.Create(users[user], ((long)round * payloads.Length) + i, spec.Size);
                }

                target.SendBatch(user, payloads, spec.InScope);
            }

            await BetweenRoundsAsync(cancellationToken);
        }
    }

    private async Task DeltasAsync(WorkloadSpec spec, string[] users, CancellationToken cancellationToken)
    {
        string[] deltas = new string[spec.Each];
        for (int round = 0; round < spec.Rounds; round++)
        {
            for (int user = 0; user < users.Length; user++)
            {
                for (int i = 0; i < deltas.Length; i++)
                {
                    deltas[i] = Payload.Delta(users[user], ((long)round * deltas.Length) + i, spec.Size);
                }

                target.SendDeltas(user, deltas, spec.InScope);
            }

            await BetweenRoundsAsync(cancellationToken);
        }
    }

    private async Task BroadcastAsync(WorkloadSpec spec, CancellationToken cancellationToken)
    {
        for (long n = 0; n < spec.PerUser; n++)
        {
            target.Broadcast(Payload.Create("*", n, spec.Size));
            await BetweenRoundsAsync(cancellationToken);
        }
    }

    private async Task PacedAsync(WorkloadSpec spec, string[] users, CancellationToken cancellationToken)
    {
        (_emits, _emitting) = (new LatencyHistogram(), 0);
        long started = Stopwatch.GetTimestamp(), sent = 0;
        while (sent < spec.Total)
        {
            long due = Math.Min(spec.Total, (long)(Stopwatch.GetElapsedTime(started).TotalSeconds * spec.Rate));
            for (; sent < due; sent++)
            {
                int user = (int)(sent % users.Length);
                Payload payload = Payload.Create(users[user], sent / users.Length, spec.Size);
                target.Send(user, payload);
                long took = Stopwatch.GetTimestamp() - payload.SentNs;
                _emits.Add(took);
                _emitting += took;
            }

            await Task.Delay(1, cancellationToken);
        }
    }

    /// <summary>Lets the server's own work have its turn, as an application's awaits would.</summary>
    private static async Task BetweenRoundsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Yield();
    }
}
