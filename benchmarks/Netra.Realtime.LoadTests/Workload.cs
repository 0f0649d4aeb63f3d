using System.Diagnostics;
using System.Globalization;
using Netra.Realtime.LoadTests.Targets;

namespace Netra.Realtime.LoadTests;

/// <summary>What <c>/start</c> makes a target send.</summary>
public sealed class Workload(Target target)
{
    private readonly Dictionary<string, long> _next = new(StringComparer.Ordinal);

    public async Task<string> RunAsync(IQueryCollection query)
    {
        int Get(string key, int fallback) => query.TryGetValue(key, out var text) ? int.Parse(text.ToString(), CultureInfo.InvariantCulture) : fallback;
        string kind = query["w"].ToString();
        int size = Get("size", kind == "burst" ? 80 : 300);
        string[] users = [.. Enumerable.Range(0, Get("users", kind == "burst" ? 200 : kind == "paced" ? 2000 : 1000)).Select(n => $"u{n}")];
        long allocated = GC.GetTotalAllocatedBytes(true), started = Stopwatch.GetTimestamp(), events = 0;
        int gen0 = GC.CollectionCount(0), gen2 = GC.CollectionCount(2);
        int batch = Get("batch", 1), burst = Get("burst", 50);
        int rounds = kind switch { "tput" => Get("msgs", 300), "burst" => Get("bursts", 100), "bcast" => Get("rounds", 50), "paced" => 0, _ => throw new BadHttpRequestException("w is tput, burst, paced or bcast") };
        for (int round = 0; round < rounds; round++)
        {
            if (kind == "bcast")
            {
                target.Broadcast(users, Payload.Create("*", Next("*"), size));
                events += users.Length;
            }
            else
            {
                foreach (string user in users)
                {
                    if (kind == "burst")
                    {
                        target.SendBurst(user, [.. Enumerable.Range(0, burst).Select(_ => Delta(user, size))]);
                        events += burst;
                    }
                    else if (batch > 1)
                    {
                        target.SendBatch(user, [.. Enumerable.Range(0, batch).Select(_ => Payload.Create(user, Next(user), size))]);
                        events += batch;
                    }
                    else
                    {
                        target.Send(user, Payload.Create(user, Next(user), size));
                        events++;
                    }
                }
            }

            await Task.Yield();
        }

        if (kind == "paced")
        {
            int rate = Get("rate", 20_000);
            long total = (long)rate * Get("secs", 10);
            while (events < total)
            {
                long due = Math.Min(total, (long)(Stopwatch.GetElapsedTime(started).TotalSeconds * rate));
                for (; events < due; events++)
                {
                    string user = users[events % users.Length];
                    target.Send(user, Payload.Create(user, Next(user), size));
                }

                await Task.Delay(1);
            }
        }

        await target.WhenWrittenAsync();
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long bytes = GC.GetTotalAllocatedBytes(true) - allocated;
        return string.Create(CultureInfo.InvariantCulture,
            $$"""{"events":{{events}},"seconds":{{seconds:F4}},"alloc_per_event":{{(double)bytes / Math.Max(1, events):F1}},"gen0":{{GC.CollectionCount(0) - gen0}},"gen2":{{GC.CollectionCount(2) - gen2}},"heap":{{GC.GetTotalMemory(false)}}}""");
    }

    private string Delta(string user, int size) => Payload.Delta(user, Next(user), size);

    private long Next(string user)
    {
        long next = _next.GetValueOrDefault(user);
        _next[user] = next + 1;
        return next;
    }
}
