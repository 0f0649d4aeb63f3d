using System.Collections.Concurrent;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Races;

/// <summary>One user in a race: what was emitted, what was flushed, and that each event is in exactly one state.</summary>
internal sealed class RaceUser(LogHarness log, UserId id)
{
    // Flushed to somebody. Added to in the hold of the gate that tells the log.
    private readonly ConcurrentDictionary<(long Sequence, string Identity), bool> _delivered = new();
    private readonly ConcurrentQueue<RaceEvent> _emitted = new();
    private int _ofRoom;

    public UserId Id => id;

    public RoomId Room { get; } = new($"room of {id.Value}");

    public int Emitted => _emitted.Count + _ofRoom;

    public static string IdentityOf(string type, string? run) => $"{type} {run}";

    public void Note(EmitResult result, string type, string? run = null, DeliveryClass deliveryClass = DeliveryClass.MustDeliver)
    {
        if (result.EventId == default)
        {
            return; // refused, or half a character
        }
        UserSession session = log.Sessions.GetOrAdd(id);
        log.Sessions.NoteIfRetired(session);
        _emitted.Enqueue(new RaceEvent(result.EventId, IdentityOf(type, run), deliveryClass, session.WhenDelivered(result.EventId)));
    }

    public void NoteOfRoom(int members) => Interlocked.Add(ref _ofRoom, members);

    /// <summary>To be called with the gate held.</summary>
    public void NoteDelivered(AgentEvent read)
    {
        string identity = IdentityOf(read.Type, read.RunId?.Value);
        for (long sequence = (read.First ?? read.Id).Sequence; sequence <= read.Id.Sequence; sequence++)
        {
            _delivered.TryAdd((sequence, identity), true);
        }
    }

    /// <summary>Any event, at any time: retained and undelivered, delivered, or gone.</summary>
    public void CheckOne(Random random)
    {
        RaceEvent[] emitted = [.. _emitted];
        if (emitted.Length > 0 && log.Sessions.Find(id) is { } session)
        {
            lock (session.Gate)
            {
                Check(session.Log, emitted[random.Next(emitted.Length)]);
            }
        }
    }

    /// <summary>Everything, when nobody emits or reads any more.</summary>
    /// <returns>How many events left unread: at least, and at most. The difference is what may have been superseded instead.</returns>
    public (int Least, int Most) CheckAll()
    {
        UserSession session = log.Sessions.GetOrAdd(id);
        LogSnapshot retained = log.Emitters.CreateFor(id).ReadLog();
        lock (session.Gate)
        {
            foreach (RaceEvent e in _emitted)
            {
                Check(session.Log, e);
            }
            int lostOfRoom = _ofRoom - _delivered.Keys.Count(IsOfRoom) - retained.Events.Count(e => e.Room == Room && !_delivered.ContainsKey((e.Id.Sequence, IdentityOf(e.Type, null))));
            int lost = _emitted.Count(e => e.Class == DeliveryClass.MustDeliver && IsLost(session.Log, e)) + lostOfRoom;
            int lostOrSuperseded = _emitted.Count(e => e.Class == DeliveryClass.Latest && IsLost(session.Log, e));
            Assert.Empty(session.Log.CursorsLocked); // whoever left has left, superseded or not
            Assert.True(lostOfRoom >= 0, "More of the room was read than emitted.");
            Assert.Equal(Emitted, session.Log.Head.Sequence);
            return (lost, lost + lostOrSuperseded);
        }
    }

    /// <summary>After the eviction nobody waits any more.</summary>
    public void CheckSettled() => Assert.All(_emitted, e => Assert.True(e.Outcome.IsCompletedSuccessfully, $"{e} waits for ever."));

    private static bool IsOfRoom((long Sequence, string Identity) delivered) => delivered.Identity == IdentityOf("room_note", null);

    private bool IsDelivered(RaceEvent e) => _delivered.ContainsKey((e.Id.Sequence, e.Identity));

    private bool IsLost(EventLog events, RaceEvent e) => e.Id.Sequence < events.Tail && !IsDelivered(e);

    private void Check(EventLog events, RaceEvent e)
    {
        bool isDelivered = IsDelivered(e);
        bool isRetained = e.Id.Sequence >= events.Tail;
        if (e.Class == DeliveryClass.Volatile || e.Id.Sequence > events.Head.Sequence)
        {
            return; // of a session made meanwhile: this gate says nothing of it
        }
        Task<DeliveryOutcome> now = events.WhenDeliveredLocked(e.Id);
        string state = $"{e.Id} {e.Identity}: delivered {isDelivered}, retained {isRetained}, promised {Describe(e.Outcome)}, now {Describe(now)}";
        if (isRetained && isDelivered)
        {
            Assert.True(now.IsCompletedSuccessfully && Describe(now) == "Delivered", state);
        }
        else if (isRetained && e.Class == DeliveryClass.MustDeliver)
        {
            Assert.True(!now.IsCompleted && !e.Outcome.IsCompleted, state);
        }
        Assert.True(!e.Outcome.IsCompleted || Describe(e.Outcome) == (isDelivered ? "Delivered" : "NotDelivered") || Describe(e.Outcome) == "Unknown", state);
    }

    private static string Describe(Task<DeliveryOutcome> outcome) => outcome.IsCompleted ? outcome.GetAwaiter().GetResult().ToString() : "nothing yet";
}
