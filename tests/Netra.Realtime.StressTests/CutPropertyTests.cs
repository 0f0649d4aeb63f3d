using System.Collections.Concurrent;
using System.Diagnostics;
using CsCheck;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.StressTests;

/// <summary>Random runs on several threads, read by clients that are cut and resume: nothing is lost, doubled or out of order.</summary>
public sealed class CutPropertyTests(ITestOutputHelper output)
{
    private static readonly Gen<(int[][] Emitters, int[] Cuts)> Programs = Gen.Select(Gen.Int[0, 99].Array[1, 30].Array[1, 3], Gen.Int[0, 6].Array[0, 12]);

    private long _programs, _emitted, _cuts;

    [Fact]
    public async Task Clients_CutAnywhere_HandleEachMatchingEventOnceWithExactText()
    {
        // A time budget decides how many seeds there are, never whether one passes.
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan budget = LongTests.Enabled ? TimeSpan.FromMinutes(LongTests.Minutes) : TimeSpan.FromSeconds(5);
        do
        {
            await Programs.SampleAsync(program => RunAsync(program.Emitters, program.Cuts), iter: 50, threads: 1);
        }
        while (watch.Elapsed < budget);
        output.WriteLine($"programs {_programs}, events {_emitted}, cuts and resumes {_cuts}, in {watch.Elapsed}");
    }

    private async Task RunAsync(int[][] emitters, int[] cuts)
    {
        await using RealtimeHarness realtime = new();
        ConcurrentBag<Emitted> emitted = [];
        ConcurrentDictionary<string, string> texts = new();
        EventId start = Emit(realtime, emitted, "t-0", "start");
        using Barrier gate = new(emitters.Length);
        Task<List<AgentEvent>>[] clients = [FollowAsync(realtime, start, null, cuts), FollowAsync(realtime, start, "t-0", [.. cuts.Reverse()])];
        Task[] agents = [.. emitters.Select((steps, i) => Task.Factory.StartNew(
            () => Act(realtime, gate, i, steps, emitted, texts), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        await Task.WhenAll(agents).OrFail();
        Emit(realtime, emitted, "t-0", "end");
        Emit(realtime, emitted, "t-1", "end");
        Check(await clients[0].OrFail(), start, [.. emitted], texts, null);
        Check(await clients[1].OrFail(), start, [.. emitted], texts, "t-0");
        _programs++;
        _emitted += emitted.Count;
    }

    private static EventId Emit(RealtimeHarness realtime, ConcurrentBag<Emitted> emitted, string thread, string type)
    {
        EventId id = realtime.Emitters.CreateFor(RealtimeHarness.Alice, new ThreadId(thread)).Emit(type, 1).EventId;
        emitted.Add(new Emitted(id.Sequence, thread, type));
        return id;
    }

    private static void Act(
        RealtimeHarness realtime, Barrier gate, int index, int[] steps, ConcurrentBag<Emitted> emitted, ConcurrentDictionary<string, string> texts)
    {
        Assert.True(gate.SignalAndWait(TestTimeout.Net));
        string thread = $"t-{index % 2}";
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice, new ThreadId(thread)).StartRun("agent", new RunStart { RunId = new RunId($"r-{index}") });
        string text = "";
        void Note(EmitResult result, string type) => emitted.Add(new Emitted(result.EventId.Sequence, thread, type));
        Note(run.Started, "agent_started");
        foreach (int step in steps)
        {
            if (step < 10)
            {
                ToolCall call = run.ExecuteTool("tool", step);
                Note(call.Started, "tool_executing");
                Note(call.Complete(), "tool_completed");
            }
            else if (step < 20)
            {
                Emit(realtime, emitted, thread, "step");
            }
            else
            {
                // Half a pair at the end of one delta, the other half at the start of the next.
                run.Respond($"[{step}\"\uD83D");
                run.Respond("\uDE00\n]");
                text += $"[{step}\"\U0001F600\n]";
            }
        }
        texts[$"r-{index}"] = text;
        Note(run.Complete(), "agent_completed");
    }

    private async Task<List<AgentEvent>> FollowAsync(RealtimeHarness realtime, EventId from, string? thread, int[] cuts)
    {
        List<AgentEvent> handled = [];
        FakeClient? old = null;
        for (int life = 0; ; life++)
        {
            FakeClient client = realtime.Connect(with: request => request with
            {
                Client = new ClientId($"client-{thread}"),
                LastEventId = from.ToString(),
                Threads = thread is null ? null : new HashSet<ThreadId> { new(thread) },
            });
            Assert.True((await client.NextAsync<WelcomeMessage>()).Resumed);
            if (old is not null)
            {
                Assert.Equal(CloseReason.Superseded, await old.EndedAsync());
                old = null;
            }
            bool isOver = false;
            for (int taken = 0; !isOver && (life >= cuts.Length || taken < cuts[life]);)
            {
                if (await client.NextAsync() is AgentEvent received)
                {
                    Assert.True((received.First ?? received.Id).Sequence > from.Sequence, $"{received.Id} came after {from}.");
                    handled.Add(received);
                    from = received.Id;
                    taken++;
                    isOver = received.Type == "end" && received.ThreadId?.Value == (thread ?? "t-1");
                }
            }
            // Every other one is not cut: the next takes its place while it is still written to.
            if (isOver || life % 2 == 0)
            {
                client.Transport.Cut();
                await client.EndedAsync();
            }
            else
            {
                old = client;
            }
            if (isOver)
            {
                return handled;
            }
            Interlocked.Increment(ref _cuts);
        }
    }

    private static void Check(List<AgentEvent> handled, EventId start, Emitted[] emitted, ConcurrentDictionary<string, string> texts, string? thread)
    {
        Assert.Equal(
            emitted.Where(e => e.Sequence > start.Sequence && (thread is null || e.Thread == thread)).OrderBy(e => e.Sequence).Select(e => (e.Sequence, e.Type)),
            handled.Where(e => e is not AgentResponding).Select(e => (e.Id.Sequence, e.Type)));
        foreach ((string run, string text) in texts)
        {
            bool isSeen = thread is null || int.Parse(run[2..], System.Globalization.CultureInfo.InvariantCulture) % 2 == 0;
            Assert.Equal(isSeen ? text : "", string.Concat(handled.OfType<AgentResponding>().Where(e => e.RunId?.Value == run).Select(e => e.Delta)));
        }
    }

    private sealed record Emitted(long Sequence, string Thread, string Type);
}
