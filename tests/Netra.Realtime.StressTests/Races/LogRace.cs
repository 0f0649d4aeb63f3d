using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Races;

/// <summary>Two users' logs, over one pool of blocks, and everything that may happen to them, released together by a gate.</summary>
internal sealed class LogRace(int seed, RaceCounts counts)
{
    private const int StepsEach = 100;
    private static readonly UserId[] Names = [UserId.Create("alice"), UserId.Create("bobby")];

    private readonly LogHarness _log = new(maxEvents: seed % 2 == 0 ? 12 : 200, maxBytes: seed % 3 == 0 ? 8_000 : 128 * 1024, maxEventBytes: 4096);

    public async Task RunAsync()
    {
        // Without states nothing is superseded, and the count of what was lost has to be exact.
        RaceUser[] users = [.. Names.Select(name => new RaceUser(_log, name))];
        RaceEmitter[] emitters = [.. users.SelectMany(user => Enumerable.Range(0, 2), (user, i) => new RaceEmitter(_log, user, i, withStates: seed % 4 == 3))];
        RaceReader[] readers =
        [
            .. users.SelectMany(user => Enumerable.Range(0, 2), (user, _) => new RaceReader(_log, user, [.. Names.Where(name => name != user.Id).Select(name => name.Value)], counts)),
        ];

        await TogetherAsync(
        [
            .. emitters.Select(emitter => (Action<Random>)emitter.Do),
            .. readers.Select(reader => (Action<Random>)reader.Do),
            Trim,
            random => CheckOne(random, users[random.Next(users.Length)]),
        ]);

        Finish(users, emitters, readers);
        RaceCounts.Add(ref counts.Races);
    }

    // Each its own steps, from the seed; how they interleave is the scheduler's.
    private async Task TogetherAsync(Action<Random>[] actors)
    {
        using Barrier gate = new(actors.Length);
        await Task.WhenAll(actors.Select((act, i) => Task.Factory.StartNew(
            () =>
            {
                Random random = new(unchecked((seed * 397) ^ i));
                Assert.True(gate.SignalAndWait(TestTimeout.Net));
                for (int step = 0; step < StepsEach; step++)
                {
                    act(random);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))).OrFail();
    }

    private void CheckOne(Random random, RaceUser user)
    {
        user.CheckOne(random);
        RaceCounts.Add(ref counts.Checks);
    }

    private void Trim(Random random)
    {
        UserSession? session = _log.Sessions.Find(Names[random.Next(Names.Length)]);
        switch (random.Next(8))
        {
            case < 3:
                _log.Time.Advance(TimeSpan.FromSeconds(random.Next(60)));
                session?.Expire();
                break;
            case 3:
                _log.Time.Advance(_log.Settings.RetiredFor);
                Sweep();
                break;
            case 4:
                session?.DropLog();
                break;
            default:
                Sweep();
                break;
        }
    }

    private void Sweep()
    {
        int before = _log.Sessions.Count;
        _log.Sessions.Sweep();
        RaceCounts.Add(ref counts.Evictions, Math.Max(0, before - _log.Sessions.Count)); // at least: some may have been made meanwhile
    }

    private void Finish(RaceUser[] users, RaceEmitter[] emitters, RaceReader[] readers)
    {
        for (int i = 0; i < readers.Length; i++)
        {
            readers[i].Finish(flushed: i % 2 == 0);
        }
        foreach (RaceEmitter emitter in emitters)
        {
            emitter.End();
        }
        (int Least, int Most)[] lost = [.. users.Select(user => user.CheckAll())];
        LogCounters counters = _log.Sessions.Pool.Counters;
        Assert.InRange(counters.Undelivered, lost.Sum(user => user.Least), lost.Sum(user => user.Most));
        RaceCounts.Add(ref counts.Emitted, users.Sum(user => user.Emitted));
        RaceCounts.Add(ref counts.Trimmed, Names.Sum(name => _log.Sessions.GetOrAdd(name).Log.Tail - 1));
        RaceCounts.Add(ref counts.Undelivered, counters.Undelivered);
        RaceCounts.Add(ref counts.Resets, counters.Resets);
        RaceCounts.Add(ref counts.Overruns, counters.Overruns);

        // At last everything goes: every promise is kept, every block and every place given back.
        _log.Time.Advance(_log.Settings.RetiredFor);
        _log.Sessions.Sweep();
        foreach (RaceUser user in users)
        {
            user.CheckSettled();
        }
        Assert.Equal((0, 0L, 0), (_log.Sessions.Count, _log.Sessions.Pool.BytesInUse, _log.Places.Taken));
    }
}
