using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.StressTests.Cuts;
using Netra.Realtime.StressTests.Sockets;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;

namespace Netra.Realtime.StressTests.Recordings;

/// <summary>By a seed: so many events of all types, of two runs at a time, and a client that follows them over lines that break.</summary>
internal sealed class RecordedRun : IAsyncDisposable
{
    private const int Agents = 2;

    private readonly Random _random;
    private readonly RecordedCounts _counts;
    private readonly UserId _user;
    private readonly FaultProxy _proxy;
    private readonly List<World> _lives = [];
    private readonly bool _runsGoOn;
    private int _marks;
    private int _brokenAtHalf;

    /// <param name="seed">What decides everything but the threads.</param>
    /// <param name="server">The host to begin with.</param>
    /// <param name="plan">What becomes of the lines.</param>
    /// <param name="counts">What happened.</param>
    public RecordedRun(int seed, SocketServer server, FaultPlan? plan, RecordedCounts counts)
    {
        _random = new Random(seed);
        _counts = counts;
        _user = UserId.Create($"user-{seed}");
        _runsGoOn = seed % 2 == 0;
        _proxy = new FaultProxy(server.EndPoint) { Plan = plan };
        Begin(server);
        Story = new Story(() => _lives[^1].Peek().Head);
    }

    /// <summary>What the client told.</summary>
    public Story Story { get; }

    private World Life => _lives[^1];

    /// <summary>Emits so many events, now a few in one go and now at the pace of the client.</summary>
    public async Task EmitAsync(int events, int maxAtOnce = 120)
    {
        int half = Life.Journal.Count + (events / 2);
        for (int until = Life.Journal.Count + events; Life.Journal.Count < until;)
        {
            _brokenAtHalf = Life.Journal.Count < half ? _proxy.Broken : _brokenAtHalf;

            // Either the two runs last as long as the host does, or one begins after the other.
            Life.Interleave(Agents, Math.Min(_random.Next(1, maxAtOnce), until - Life.Journal.Count), () => _random.Next(_runsGoOn ? 6 : 0, 100), _random);
            switch (_random.Next(3))
            {
                case 0:
                    await Story.HandledAsync(Life.Mark($"{++_marks}")).OrFail();
                    break;
                case 1:
                    await Task.Yield();
                    break;
            }
        }
    }

    /// <summary>The host stops in order, or dies with whatever is open, and another one comes in its place, which knows nothing.</summary>
    /// <returns>The one that came.</returns>
    public async Task<SocketServer> RestartAsync(SocketServer ownedServer, Func<Task<SocketServer>> start, bool dies)
    {
        if (!dies)
        {
            Life.EndRuns(); // a stop in order would, and what it says is in no journal
        }

        Settle();
        if (!dies)
        {
            await ownedServer.DisposeAsync();
        }

        SocketServer next = await start();
        Begin(next);
        _proxy.Target = next.EndPoint;
        if (dies)
        {
            await _proxy.CutAsync(); // before it can say goodbye
            await ownedServer.DisposeAsync();
        }
        return next;
    }

    /// <summary>Starts the client, has all of it happen, and waits until the client has everything.</summary>
    /// <param name="follower">The client.</param>
    /// <param name="emit">What happens.</param>
    public async Task FollowAsync(Follower follower, Func<Task> emit)
    {
        EventId from = Life.Mark("start");
        int late;
        await using (await follower(new Uri($"ws://{_proxy.EndPoint}/ws"), _user, from, Story))
        {
            await emit();
            late = _proxy.Broken - _brokenAtHalf;
            Life.EndRuns();

            // Whoever has the last event of a replay does not know yet that it is over, and who was interrupted: the next event says so. The line
            // that there is may break once more, then the next comes in a replay too; of three, one comes after it.
            _proxy.Plan = null;
            for (int ends = 0; ends < 3;)
            {
                ends += await Story.HandledAsync(Life.Mark("end")).OrFail() ? 1 : 0;
            }
        }

        Settle();
        StoryCheck check = new(_lives.Select(life => life.Journal), Story.Told);
        check.CheckEvents(from);
        check.CheckRuns();
        lock (_counts.Gate)
        {
            _counts.Seeds++;
            _counts.Events += _lives.Sum(life => life.Journal.All.Count);
            _counts.Told += Story.Told.OfType<ToldEvent>().Count();
            _counts.Faults += _proxy.Broken;
            _counts.LateFaults += late;
            _counts.Resets += Story.Told.OfType<ToldReset>().Count();
            _counts.Interrupted += Story.Told.OfType<ToldInterrupted>().Count();
            _counts.Skipped += check.Skipped;
            _counts.Unfinished += check.Unfinished;
        }
    }

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    private void Settle() => Life.Journal.Settle(Life.Peek().Head);

    private void Begin(SocketServer server)
    {
        World life = new(
            server.Services.GetRequiredService<SessionDirectory>(), server.Services.GetRequiredService<EventEmitterFactory>(), _user, new CutCounts(), _lives.Count * Agents);
        server.Services.GetRequiredService<RealtimeRooms>().Join(_user, life.Room);
        _lives.Add(life);
    }
}
