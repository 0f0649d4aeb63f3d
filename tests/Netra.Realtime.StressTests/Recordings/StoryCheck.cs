using Netra.Realtime.Protocol;
using Netra.Realtime.StressTests.Cuts;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Recordings;

/// <summary>Whether what a client told is what was emitted, by one host or by one after the other.</summary>
internal sealed class StoryCheck
{
    private readonly Journal[] _journals;
    private readonly IReadOnlyList<Told> _told;
    private readonly ToldReset[] _resets;
    private readonly HashSet<EventId> _handled = [];

    /// <param name="journals">What was emitted, host by host, settled.</param>
    /// <param name="told">What was told.</param>
    public StoryCheck(IEnumerable<Journal> journals, IReadOnlyList<Told> told)
    {
        _journals = [.. journals];
        _told = told;
        _resets = [.. told.OfType<ToldReset>()];
    }

    /// <summary>How many events had to come and did not, although later ones of their host did; each with a reset that was told afterwards.</summary>
    public int Skipped { get; private set; }

    /// <summary>How many of a host had to come when it died.</summary>
    public int Unfinished { get; private set; }

    /// <summary>Each event once, in order, as it was emitted; what never came is followed by a reset.</summary>
    /// <param name="from">What the client had handled before.</param>
    public void CheckEvents(EventId from)
    {
        EventId loose = from; // up to here events may have come before, or be lost: what began with a reset is a replay first
        List<AgentEvent> stretch = [];
        foreach (Told told in _told)
        {
            switch (told)
            {
                case ToldEvent next:
                    stretch.Add(next.Event);
                    break;
                case ToldReset reset:
                    CheckStretch(stretch, loose);
                    (stretch, loose) = ([], reset.Head);
                    break;
            }
        }

        CheckStretch(stretch, loose);
        foreach (Journal journal in _journals)
        {
            int last = journal.All.FindLastIndex(e => _handled.Contains(e.What.Id));
            for (int i = 0; i < journal.All.Count; i++)
            {
                Emission due = journal.All[i];
                if (!due.IsFleeting && due.What.Id != from && !_handled.Contains(due.What.Id))
                {
                    Assert.True(_resets.Any(reset => Precedes(due.What.Id, reset.Head)), $"{due.What} never came, and no reset was told.");
                    (Skipped, Unfinished) = i < last ? (Skipped + 1, Unfinished) : (Skipped, Unfinished + 1);
                }
            }
        }
    }

    /// <summary>No run has two ends; one that was seen to begin has one: its terminal event, or, when that was lost or its host is gone, that it was interrupted.</summary>
    public void CheckRuns()
    {
        AgentEvent[] events = [.. _told.OfType<ToldEvent>().Select(told => told.Event)];
        Dictionary<string, int> ends = events.Where(e => e is AgentCompleted or AgentFailed).Select(e => e.RunId!.Value.Value)
            .Concat(_told.OfType<ToldInterrupted>().Select(told => told.Run)).CountBy(run => run).ToDictionary(); // events of a run have one
        Assert.All(ends, run => Assert.Equal(1, run.Value));
        Assert.All(events.OfType<AgentStarted>(), started => Assert.True(ends.ContainsKey(started.RunId!.Value.Value), $"{started.RunId} never ended."));
    }

    private void CheckStretch(List<AgentEvent> handled, EventId loose)
    {
        if (handled.Count == 0)
        {
            return;
        }

        EventId last = handled[^1].Id;
        Journal journal = _journals.Single(journal => journal.Head.SameEpoch(last));
        Ledger ledger = new(last.At(0));
        handled.ForEach(ledger.Handle);
        Assert.All(handled, received => Assert.True(received.Id.SameEpoch(last), $"{received.Id} and {last} without a reset between."));
        ledger.Check([.. journal.Between(last.At(0), last).Select(e => e.What with { MayBeMissing = e.IsFleeting || Precedes(e.What.Id, loose) })]);
        foreach (AgentEvent received in handled)
        {
            // The ledger has seen that a range covers nothing else that has to come.
            for (long sequence = (received.First ?? received.Id).Sequence; sequence <= received.Id.Sequence; sequence++)
            {
                _handled.Add(received.Id.At(sequence));
            }
        }
    }

    // Of the same host, or of one before it.
    private bool Precedes(EventId id, EventId head) =>
        id.SameEpoch(head) ? id.Sequence <= head.Sequence : LifeOf(id) < LifeOf(head);

    private int LifeOf(EventId id) => Array.FindIndex(_journals, journal => journal.Head.SameEpoch(id));
}
