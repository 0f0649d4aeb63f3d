using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>Everything that one user has: the log, the cursors over it, the open runs. There is no way from here to another user.</summary>
/// <remarks>
/// One gate guards all of it and is never held across an await, I/O, a serializer of the application's or a callback. A session is pinned by its
/// connections and its open runs; without either it is retired, and after a while evicted: then it refuses everything, and whoever
/// held it asks the directory again. This file: connections and life; the others: runs and events, groups.
/// </remarks>
internal sealed partial class UserSession
{
    private readonly Lock _gate = new();
    private readonly SessionSettings _settings;
    private readonly LogBlockPool _pool;
    private readonly WakeBatches _batches;
    private readonly TimeProvider _time;
    private readonly EventLog _log;
    private readonly List<LogCursor> _places = [];
    private long? _retiredAt;
    private bool _isRetired = true;

    // Why nothing more is appended; Appended while it is.
    private AppendStatus _refusal;

    public UserSession(
        UserId user, ulong stamp, EventId startAfter, LogBlockPool pool, UndeliveredEventQueue? undelivered, WakeBatches batches, SessionSettings settings, TimeProvider time)
    {
        User = user;
        _batches = batches;
        _pool = pool;
        _settings = settings;
        _time = time;
        _log = new EventLog(_gate, user, startAfter, stamp, pool, undelivered, _openRuns.Values, settings, time);
        _retiredAt = time.GetTimestamp();
    }

    public UserId User { get; }

    /// <summary>Tells it from those that the same user had before.</summary>
    public long Number { get; init; }

    /// <summary>The gate, for a reader that copies its own control messages and the log's events in one hold.</summary>
    public Lock Gate => _gate;

    public EventLog Log => _log;

    private bool IsEvictedLocked => _refusal == AppendStatus.SessionEvicted;

    public bool IsRetired => Volatile.Read(ref _isRetired);

    /// <summary>Admits a connection and attaches its cursor in one step: a place, the position, and what the welcome says.</summary>
    /// <param name="cursor">The connection; its place is released by <see cref="Disconnect"/>.</param>
    /// <param name="lastEventId">What the client handled last, as it came.</param>
    /// <param name="start">Where to begin without.</param>
    /// <param name="maxPlaces">The places of this user.</param>
    /// <param name="total">The places of the host.</param>
    /// <returns>Whether it was admitted; the cursor is not to be read before the welcome is queued.</returns>
    public ConnectResult Connect(LogCursor cursor, string? lastEventId, ReplayStart start, int maxPlaces, ConnectionCounter total)
    {
        ConnectResult result;
        LogCursor[] others;
        lock (_gate)
        {
            if (IsEvictedLocked)
            {
                return new ConnectResult(ConnectStatus.SessionEvicted);
            }

            // Whoever gives its place to the newcomer: the count of the host does not move then.
            LogCursor? superseded = cursor.Client is null ? null : _places.Find(other => other.Client == cursor.Client);
            if (superseded is null)
            {
                ConnectStatus status = _places.Count >= maxPlaces ? ConnectStatus.UserLimit : total.TryTake(User.Tenant);
                superseded = status == ConnectStatus.Connected ? null : LeastWantedLocked();
                if (status != ConnectStatus.Connected && superseded is null)
                {
                    return new ConnectResult(status);
                }
            }

            if (superseded is not null)
            {
                _places.Remove(superseded);
                _log.DetachLocked(superseded);
            }

            _places.Add(cursor);
            SetRetiredLocked(null);
            long trimmedFrom = _log.Tail;
            _log.ExpireLocked(OldestOpenRunLocked());
            others = _log.Tail == trimmedFrom ? [] : _log.CursorsLocked;
            (bool resumed, ResetReason? reset) = _log.AttachLocked(cursor, lastEventId, start);
            result = new ConnectResult(ConnectStatus.Connected)
            {
                Superseded = superseded,
                Head = _log.Head,
                Resumed = resumed,
                Reset = reset,
                OpenRuns = SummarizeLocked(cursor.Filter),
            };
        }

        Wake(others); // what expired may have been unread: they are to be told
        return result;
    }

    /// <summary>Takes a cursor off the log and gives its place back, unless a newcomer has taken it over. May be called again.</summary>
    public void Disconnect(LogCursor cursor, ConnectionCounter total)
    {
        lock (_gate)
        {
            if (_places.Remove(cursor))
            {
                total.Release(User.Tenant);
                _log.DetachLocked(cursor);
                RetireIfUnusedLocked();
            }
        }
    }

    public Task<DeliveryOutcome> WhenDelivered(EventId id)
    {
        lock (_gate)
        {
            return _log.WhenDeliveredLocked(id);
        }
    }

    /// <summary>Waits until a client says that it has handled the event.</summary>
    public async Task<AcknowledgementOutcome> WhenAcknowledgedAsync(EventId id, TimeSpan timeout, CancellationToken cancellationToken)
    {
        AcknowledgementWait wait;
        lock (_gate)
        {
            (AcknowledgementOutcome? known, AcknowledgementWait? begun) = _log.BeginWaitLocked(id);
            if (begun is null)
            {
                return known ?? AcknowledgementOutcome.Unknown; // one of the two is there
            }

            wait = begun;
        }

        try
        {
            return await wait.Outcome.WaitAsync(timeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return AcknowledgementOutcome.NotAcknowledged;
        }
        finally
        {
            lock (_gate)
            {
                _log.EndWaitLocked(wait);
            }
        }
    }

    /// <summary>The sweep: forgets what is too old. Woken cursors tell their clients what they lost.</summary>
    public void Expire()
    {
        LogCursor[] cursors;
        lock (_gate)
        {
            long trimmedFrom = _log.Tail;
            _log.ExpireLocked(OldestOpenRunLocked());
            ForgetEndedRunsLocked();
            cursors = _log.Tail == trimmedFrom ? [] : _log.CursorsLocked;
        }

        Wake(cursors);
    }

    /// <summary>Gives the memory of the log back, because all logs together have too much.</summary>
    public void DropLog(bool onlyIfAway = false)
    {
        LogCursor[] cursors;
        lock (_gate)
        {
            if (onlyIfAway && _places.Count > 0)
            {
                return;
            }

            _log.ClearLocked(UndeliveredReason.Bounds);
            cursors = _log.CursorsLocked;
        }

        Wake(cursors);
    }

    /// <summary>The host has stopped: nothing more is accepted, and what is left of the log leaves it.</summary>
    /// <returns>False: runs are open, which are to be ended before.</returns>
    public bool TryEnd()
    {
        LogCursor[] cursors;
        lock (_gate)
        {
            _refusal = IsEvictedLocked ? AppendStatus.SessionEvicted : AppendStatus.HostStopped; // first: whoever starts runs for ever starts no more
            if (_openRuns.Count > 0)
            {
                return false;
            }

            _log.ClearLocked(UndeliveredReason.HostStopped);
            cursors = _log.CursorsLocked;
        }

        Wake(cursors);
        return true;
    }

    /// <summary>Nobody is connected any more, and nobody comes: whoever waits for a receipt gets none.</summary>
    public void GiveUpWaits()
    {
        lock (_gate)
        {
            _log.GiveUpWaitsLocked();
        }
    }

    /// <summary>Ends a session that nothing pins, if it has been so for long enough.</summary>
    /// <param name="retiredFor">How long it has to have been retired; zero evicts it at once.</param>
    /// <param name="head">Where a session made later for the same user goes on.</param>
    public bool TryEvict(TimeSpan retiredFor, out EventId head)
    {
        lock (_gate)
        {
            head = _log.Head;
            if (IsEvictedLocked || _retiredAt is not { } since || _time.GetElapsedTime(since) < retiredFor)
            {
                return false;
            }

            _refusal = AppendStatus.SessionEvicted;
            LeaveAllLocked();
            _log.ClearLocked(UndeliveredReason.Evicted);
            _log.GiveUpAcknowledgementsLocked(); // what is being flushed says itself whether it was delivered
            return true;
        }
    }

    public (int Bytes, bool HasConnections) Weigh()
    {
        lock (_gate)
        {
            return (_log.Bytes, _places.Count > 0);
        }
    }

    /// <summary>The end of a batch scope that something of this user was emitted in.</summary>
    public void WakeReaders()
    {
        LogCursor[] cursors;
        lock (_gate)
        {
            cursors = _log.CursorsLocked;
        }

        Wake(cursors);
    }

    // Inside a batch scope its end wakes them.
    private void Wake(LogCursor[] cursors, long pendingBytes)
    {
        if (cursors.Length > 0 && !_batches.TryDefer(this, pendingBytes))
        {
            Wake(cursors);
        }
    }

    private static void Wake(LogCursor[] cursors)
    {
        foreach (LogCursor cursor in cursors)
        {
            cursor.Wake();
        }
    }

    // In the order in which they came.
    private LogCursor? LeastWantedLocked() => _settings.WhenFull switch
    {
        ConnectionLimitPolicy.EvictOldest => _places.FirstOrDefault(),
        ConnectionLimitPolicy.EvictLeastRecentlyActive => _places.MinBy(static cursor => cursor.ActiveAt),
        _ => null,
    };

    private void RetireIfUnusedLocked()
    {
        if (_places.Count == 0 && _openRuns.Count == 0)
        {
            SetRetiredLocked(_time.GetTimestamp());
        }
    }

    private void SetRetiredLocked(long? since)
    {
        _retiredAt = since;
        Volatile.Write(ref _isRetired, since is not null);
    }
}
