using System.Text;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Races;

/// <summary>Reads one user's log on a thread of its own: comes, reads, flushes or fails, goes, also while a flush is under way.</summary>
internal sealed class RaceReader(LogHarness log, RaceUser user, string[] others, RaceCounts counts)
{
    private readonly List<AgentEvent> _inFlight = [];
    private UserSession? _session;
    private TestCursor? _cursor;
    private EventId _last;

    public void Do(Random random)
    {
        switch (random.Next(8))
        {
            case 0:
                Leave();
                break;
            case 1:
                EndRead(flushed: false);
                Leave(); // a flush that fails is a connection that is gone
                break;
            case 2 when _cursor is not null && !_cursor.IsReading:
                _cursor.Subscribe(FilterOf(random));
                break;
            case < 5:
                EndRead(flushed: true);
                break;
            default:
                Attach(random);
                BeginRead();
                break;
        }
    }

    /// <summary>The last of the reads: to the head, so that nothing waits for this cursor, or whatever else its flush comes to.</summary>
    public void Finish(bool flushed)
    {
        EndRead(flushed);
        if (flushed && _cursor is { IsAttached: true, Overrun: false } cursor)
        {
            do
            {
                BeginRead();
                EndRead(flushed: true);
            }
            while (cursor.LastOutcome == ReadOutcome.More);
            Assert.Equal((0, 0), (cursor.PendingBytes, cursor.InFlightBytes));
        }
        Leave();
    }

    private void Attach(Random random)
    {
        if (_cursor is { IsAttached: true, Overrun: false } || _inFlight.Count > 0 || _cursor is { IsReading: true })
        {
            return;
        }
        Leave();
        string? lastEventId = random.Next(3) == 0 || _last == default ? null : _last.ToString();
        do
        {
            _session = log.Sessions.GetOrAdd(user.Id);
            _cursor = new TestCursor(_session)
            {
                Filter = FilterOf(random),
                OwnerStamp = log.Sessions.StampOf(user.Id),
                Client = random.Next(2) == 0 ? new ClientId("same") : null,
            };
            _cursor.Result = _session.Connect(_cursor, lastEventId, (ReplayStart)random.Next(3), 1_000, log.Places);
        }
        while (_cursor.Result.Status == ConnectStatus.SessionEvicted);
        RaceCounts.Add(ref counts.Attaches);
    }

    private void BeginRead()
    {
        List<byte[]> messages;
        lock (_session!.Gate) // whoever has a cursor has its session
        {
            // As a writer does: whoever is detached or was overrun reads no more.
            if (_cursor!.IsReading || !_cursor.IsAttached || _cursor.Overrun)
            {
                return;
            }
            messages = _cursor.BeginRead();
        }
        Assert.NotEqual(ReadOutcome.ForeignStamp, _cursor.LastOutcome);
        foreach (byte[] message in messages)
        {
            Assert.DoesNotContain(others, other => Encoding.UTF8.GetString(message).Contains(other, StringComparison.Ordinal));
            if (ServerMessageReader.Read(message) is AgentEvent read)
            {
                _inFlight.Add(read);
            }
        }
    }

    private void EndRead(bool flushed)
    {
        if (_cursor is null)
        {
            return;
        }
        lock (_session!.Gate) // as above
        {
            _cursor.EndRead(flushed);
            if (flushed)
            {
                _inFlight.ForEach(user.NoteDelivered);
                _last = _inFlight.Count > 0 ? _inFlight[^1].Id : _last;
                RaceCounts.Add(ref counts.Read, _inFlight.Count);
            }
        }
        _inFlight.Clear();
    }

    private void Leave()
    {
        if (_cursor is not null)
        {
            _session!.Disconnect(_cursor, log.Places); // as above
            log.Sessions.NoteIfRetired(_session);
        }
    }

    private static EventFilter FilterOf(Random random) => random.Next(4) switch
    {
        0 => LogHarness.Threads("t-0"),
        1 => LogHarness.Runs("r-0-1", "r-1-2"),
        _ => EventFilter.All,
    };
}
