using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>One user: what is emitted to it, by whom, and what its log holds.</summary>
/// <param name="sessions">The logs.</param>
/// <param name="emitters">The emitters.</param>
/// <param name="user">The user.</param>
/// <param name="counts">What happened.</param>
/// <param name="firstAgent">Where agents are numbered from: those of a host that comes after another start other runs.</param>
internal sealed class World(SessionDirectory sessions, EventEmitterFactory emitters, UserId user, CutCounts counts, int firstAgent = 0)
{
    private readonly List<Agent> _agents = [];

    public UserId User => user;

    public RoomId Room { get; } = new($"room of {user.Value}");

    public Journal Journal { get; } = new();

    public CutCounts Counts => counts;

    public HashSet<string> OpenRuns => [.. _agents.Where(agent => agent.OpenRun is not null).Select(agent => agent.OpenRun!.Value.Value)];

    /// <summary>What the log holds now; after an eviction nothing, from where a new one would go on.</summary>
    public Window Peek()
    {
        if (sessions.Find(user) is { } session)
        {
            lock (session.Gate)
            {
                return new Window(session.Log.Head, session.Log.Tail);
            }
        }
        return sessions.EvictedEventsOf(user) == 0 ? default : new Window(Journal.Head, Journal.Head.Sequence + 1);
    }

    /// <summary>How many cursors there are over the log.</summary>
    public int CountCursors()
    {
        if (sessions.Find(user) is not { } session)
        {
            return 0;
        }
        lock (session.Gate)
        {
            return session.Log.CursorsLocked.Length;
        }
    }

    /// <summary>An event that passes every filter. Nothing else may be emitted beside it.</summary>
    public EventId Mark(string content)
    {
        EventId id = emitters.CreateFor(user).Emit("mark", content).EventId;
        Journal.Note(new Emission(new EmittedEvent(id, null, null, "mark", 0, content)));
        return id;
    }

    /// <summary>Emits on several threads that begin together.</summary>
    public async Task EmitAsync(int[][] programs)
    {
        AddAgents(programs.Length);
        using Barrier gate = new(Math.Max(1, programs.Length));
        await Task.WhenAll(programs.Select((steps, i) => Task.Factory.StartNew(
            () =>
            {
                Assert.True(gate.SignalAndWait(TestTimeout.Net));
                foreach (int step in steps)
                {
                    _agents[i].Do(step);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))).OrFail();
    }

    /// <summary>Emits on the pool, with whoever else is there.</summary>
    public Task EmitOnPoolAsync(int[][] programs)
    {
        AddAgents(programs.Length);
        return Task.WhenAll(programs.Select((steps, i) => Task.Run(
            async () =>
            {
                foreach (int step in steps)
                {
                    _agents[i].Do(step);
                    await Task.Yield();
                }
            },
            CancellationToken.None)));
    }

    /// <summary>Emits on this thread, now one agent and now another, until there are so many more events.</summary>
    public void Interleave(int agents, int events, Func<int> nextStep, Random random)
    {
        AddAgents(agents);
        for (int until = Journal.Count + events; Journal.Count < until;)
        {
            _agents[random.Next(agents)].Do(nextStep());
        }
    }

    public void EndRuns() => _agents.ForEach(agent => agent.End());

    private void AddAgents(int count)
    {
        while (_agents.Count < count)
        {
            _agents.Add(new Agent(emitters, user, Room, firstAgent + _agents.Count, Journal));
        }
    }
}
