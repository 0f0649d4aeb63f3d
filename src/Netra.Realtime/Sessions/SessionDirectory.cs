using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using BitFaster.Caching;
using BitFaster.Caching.Lru;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Netra.Realtime.Protocol;
using EventId = Netra.Realtime.Protocol.EventId; // not the one of logging

namespace Netra.Realtime.Sessions;

/// <summary>All sessions of a host, found by user and in no other way.</summary>
/// <remarks>
/// The dictionary owns; the LRU of retired sessions is only a bound on how many there are (it knows nothing of our clock, reports
/// explicit removals too, and keeps what it should drop until touched, so it has numbers and not the sessions themselves), and the second one remembers where evicted logs ended, so
/// that somebody who missed nothing still resumes. Safe for concurrent use.
/// </remarks>
internal sealed class SessionDirectory
{
    // An epoch and a number for each user that was here lately: cheap, so many more than sessions.
    private const int RememberedPerRetired = 16;
    private const int MaxRemembered = 1_000_000;

    private readonly ConcurrentDictionary<UserId, UserSession> _sessions = new();
    private readonly ConcurrentLru<UserId, long> _retired; // by their number
    private readonly ConcurrentLru<UserId, EventId> _heads;
    private readonly byte[] _stampKey = RandomNumberGenerator.GetBytes(32);
    private readonly Lock _creation = new();
    private readonly SessionSettings _settings;
    private readonly TimeProvider _time;
    private long _created; // guarded by _creation
    private int _isFreeing;
    private bool _isCleanedUp;
    private bool _hasEnded; // guarded by _creation

    /// <param name="settings">The bounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Null: none.</param>
    /// <param name="onUndelivered">Gets what leaves the logs undelivered; null: nobody wants to know.</param>
    /// <param name="onForeignStamp">Told when some of that was not its user's; it is kept back.</param>
    public SessionDirectory(
        SessionSettings settings, TimeProvider time, ILogger? logger = null, Func<UndeliveredEvents, Task>? onUndelivered = null, Action? onForeignStamp = null)
    {
        _settings = settings;
        _time = time;
        Cleanups = new CleanupRunner(logger ?? NullLogger.Instance);
        Undelivered = onUndelivered is null ? null : new UndeliveredEventQueue(
            onUndelivered, StampOf, onForeignStamp, Pool.Counters, logger ?? NullLogger.Instance);
        Batches = new WakeBatches(settings.MaxEvents);
        _retired = new ConcurrentLru<UserId, long>(settings.MaxRetired);
        _heads = new ConcurrentLru<UserId, EventId>((int)Math.Min((long)settings.MaxRetired * RememberedPerRetired, MaxRemembered));
        if (_retired.Events.Value is { } events)
        {
            events.ItemRemoved += (_, removed) =>
            {
                if (removed.Reason == ItemRemovedReason.Evicted && Find(removed.Key) is { } session && session.Number == removed.Value)
                {
                    Evict(session, TimeSpan.Zero);
                }
            };
        }
    }

    public LogBlockPool Pool { get; } = new();

    public WakeBatches Batches { get; }

    public CleanupRunner Cleanups { get; }

    /// <summary>Where undelivered events go; null when nobody wants them.</summary>
    public UndeliveredEventQueue? Undelivered { get; }

    /// <summary>Whether the host has stopped: what is registered from now on is nobody's to call but who registers it.</summary>
    public bool IsCleanedUp => Volatile.Read(ref _isCleanedUp);

    /// <summary>How hard pressed the host is; here because whoever emits or connects is here anyway.</summary>
    public HostPressure Pressure { get; } = new();

    public int Count => _sessions.Count;

    /// <summary>The session of a user, made when there is none. It may be evicted before it is used: then ask again. Whoever leaves it unpinned notes that.</summary>
    public UserSession GetOrAdd(UserId user)
    {
        if (_sessions.TryGetValue(user, out UserSession? session))
        {
            return session;
        }

        // One at a time: where the new log begins has to be read and used before anybody else makes, uses and loses another.
        lock (_creation)
        {
            if (!_sessions.TryGetValue(user, out session))
            {
                session = Create(user);
                if (_hasEnded)
                {
                    session.TryEnd();
                }

                _sessions[user] = session;
            }
        }

        return session;
    }

    public UserSession? Find(UserId user) => _sessions.GetValueOrDefault(user);

    /// <summary>Sessions in the order of their users, from behind one on: for operators. Delivery never goes this way.</summary>
    /// <remarks>Looks at all users and keeps the first few, so that a page costs the same wherever it begins, and no more memory than it has.</remarks>
    public IReadOnlyList<UserSession> Page(UserId? after, int max)
    {
        PriorityQueue<UserSession, UserId> page = new(Comparer<UserId>.Create(static (x, y) => UserOrder.Instance.Compare(y, x))); // the last first
        foreach ((UserId user, UserSession session) in _sessions)
        {
            if (after is { } last && UserOrder.Instance.Compare(user, last) <= 0)
            {
                continue;
            }

            if (page.Count < max)
            {
                page.Enqueue(session, user);
            }
            else
            {
                page.EnqueueDequeue(session, user);
            }
        }

        UserSession[] sorted = new UserSession[page.Count];
        for (int i = sorted.Length - 1; i >= 0; i--)
        {
            sorted[i] = page.Dequeue();
        }

        return sorted;
    }

    /// <summary>How many events the evicted log of a user had in its epoch, as long as that is remembered; 0 for a user who was never here.</summary>
    public long EvictedEventsOf(UserId user) => _heads.TryGet(user, out EventId head) ? head.Sequence : 0;

    /// <summary>To be called after anything that may have unpinned a session: it then counts against the bound of retired ones.</summary>
    /// <remarks>A session that is pinned again stays in the index, which is only a bound: evicting it is refused.</remarks>
    public void NoteIfRetired(UserSession session)
    {
        if (session.IsRetired)
        {
            _retired.AddOrUpdate(session.User, session.Number);
        }
    }

    /// <summary>The stamp of a user's blocks: a keyed hash, so that a connection knows it from its own identity and from nothing else.</summary>
    public ulong StampOf(UserId user)
    {
        // Lengths first: no two identities have the same bytes.
        byte[] identity = Encoding.Unicode.GetBytes($"{user.Tenant?.Length ?? -1}:{user.Value.Length}:{user.Tenant}{user.Value}");
        return BinaryPrimitives.ReadUInt64LittleEndian(HMACSHA256.HashData(_stampKey, identity)) | 1; // 0 is nobody's
    }

    /// <summary>The sweep: expires logs, evicts sessions that have been retired long enough, and holds the budget of all logs.</summary>
    public void Sweep()
    {
        foreach ((_, UserSession session) in _sessions)
        {
            session.Expire();
            Evict(session, _settings.RetiredFor);
        }

        HoldBudget();
    }

    /// <summary>The host stops, and everybody has left: what was to be done at the end of each session is done now, and nobody waits for a receipt.</summary>
    public void CleanUpAll()
    {
        Volatile.Write(ref _isCleanedUp, true); // before looking, so that whoever registers or waits and is not found finds this
        foreach ((_, UserSession session) in _sessions)
        {
            Cleanups.Run(session.EndCleanups());
            session.GiveUpWaits();
        }
    }

    /// <summary>The open runs of everybody: for what ends them in their agents' place. Delivery never goes this way.</summary>
    public IEnumerable<(UserSession Session, OpenRun Run)> OpenRuns()
    {
        foreach ((_, UserSession session) in _sessions)
        {
            foreach (OpenRun run in session.MayHaveOpenRuns ? session.OpenRuns() : [])
            {
                yield return (session, run);
            }
        }
    }

    /// <summary>Runs to be ended in their agents' place; see <see cref="UserSession.OverdueRuns"/>.</summary>
    public IEnumerable<(UserSession Session, OpenRun Run, RunEnd End)> OverdueRuns()
    {
        foreach ((_, UserSession session) in _sessions)
        {
            foreach ((OpenRun run, RunEnd end) in session.MayHaveOpenRuns ? session.OverdueRuns() : [])
            {
                yield return (session, run, end);
            }
        }
    }

    /// <summary>The host stood still for so long.</summary>
    public void ExcuseRuns(TimeSpan pause)
    {
        foreach ((_, UserSession session) in _sessions)
        {
            session.ExcuseRuns(pause);
        }
    }

    /// <summary>The host has stopped: what is left in the logs goes to who wants it, no faster than it is taken while there is time, and nothing comes after it.</summary>
    /// <param name="endRun">Ends a run that is still open.</param>
    /// <param name="cancellationToken">The time is over.</param>
    public async Task EndAllAsync(Action<UserSession, OpenRun> endRun, CancellationToken cancellationToken)
    {
        lock (_creation)
        {
            _hasEnded = true; // whoever is made from here on has ended too
        }

        foreach ((_, UserSession session) in _sessions)
        {
            if (Undelivered is { IsHalfFull: true } queue)
            {
                await queue.WhenIdleAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            while (!session.TryEnd())
            {
                foreach (OpenRun run in session.OpenRuns())
                {
                    endRun(session, run);
                }
            }
        }
    }

    /// <summary>Frees memory on the pool when all logs together hold more than they may. Cheap when they do not.</summary>
    public void HoldBudget()
    {
        if (Pool.BytesInUse > _settings.TotalBytes && Interlocked.CompareExchange(ref _isFreeing, 1, 0) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static directory =>
                {
                    try
                    {
                        directory.FreeMemory();
                    }
                    catch (Exception)
                    {
                        // Nothing in there throws that is known of; on the pool it would end the process. The next append tries again.
                    }
                    finally
                    {
                        Volatile.Write(ref directory._isFreeing, 0);
                    }
                },
                this,
                preferLocal: false);
        }
    }

    /// <summary>Drops logs of users without connections, the largest first, until all logs together hold no more than a share of the budget, or none is left.</summary>
    public void FreeLogsOfAway(double shareOfBudget) => FreeDownTo((long)(_settings.TotalBytes * shareOfBudget), long.MaxValue);

    // The largest log of a user without connections gives way first, then the largest. Each time frees more than has to be: weighing
    // everybody again for each event that follows would cost more than the events. Of who is away an eighth, because nobody may ever ask for
    // it; of who is connected, and only if that was not enough, a 32nd: 8 of 256 MiB, which is some 25,000 events until the next time.
    private void FreeMemory() =>
        FreeDownTo(_settings.TotalBytes - (_settings.TotalBytes / 8), _settings.TotalBytes - (_settings.TotalBytes / 32));

    private void FreeDownTo(long goalOfAway, long goalOfConnected)
    {
        List<(UserSession Session, int Bytes, bool HasConnections)> weighed = [];
        foreach ((_, UserSession session) in _sessions)
        {
            (int bytes, bool hasConnections) = session.Weigh();
            weighed.Add((session, bytes, hasConnections));
        }

        weighed.Sort(static (a, b) => a.HasConnections != b.HasConnections ? a.HasConnections.CompareTo(b.HasConnections) : b.Bytes.CompareTo(a.Bytes));
        foreach ((UserSession session, _, bool hasConnections) in weighed)
        {
            if (Pool.BytesInUse <= (hasConnections ? goalOfConnected : goalOfAway))
            {
                return;
            }

            session.DropLog(onlyIfAway: !hasConnections); // it may have come back since it was weighed
        }
    }

    private void Evict(UserSession session, TimeSpan retiredFor)
    {
        if (!session.TryEvict(retiredFor, out EventId head))
        {
            return;
        }

        // Also of a log that never had an event: its clients were told epoch-0, and missed nothing.
        _heads.AddOrUpdate(session.User, head);
        Cleanups.Run(session.EndCleanups());

        // By key and value: another session of the same user may stand there already.
        _sessions.TryRemove(KeyValuePair.Create(session.User, session));
        _retired.TryRemove(KeyValuePair.Create(session.User, session.Number));
    }

    private UserSession Create(UserId user)
    {
        EventId startAfter = _heads.TryGet(user, out EventId head) ? head : EventId.NewEpoch();
        return new UserSession(user, StampOf(user), startAfter, Pool, Undelivered, Batches, _settings, _time) { Number = ++_created };
    }
}
