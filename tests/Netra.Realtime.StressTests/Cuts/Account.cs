using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>One client as the protocol asks it to be: what it remembers, what it handled, and whether what it is told may be.</summary>
internal sealed class Account(ReplayStart start, EventFilter filter, CutCounts counts)
{
    private readonly List<Stretch> _stretches = [];

    /// <summary>What the client asks for now.</summary>
    public EventFilter Filter { get; private set; } = filter;

    /// <summary>What it sends as <c>last_event_id</c>.</summary>
    public EventId? Last => _stretches.Count == 0 ? null : _stretches[^1].Position;

    /// <summary>All that it has handled; null if it ever had to reload.</summary>
    public IReadOnlyList<AgentEvent>? WholeStory => _stretches.Count == 1 ? _stretches[0].Handled : null;

    /// <summary>How many ids it has handled: a coalesced event has several.</summary>
    public long HandledIds => _stretches.Sum(stretch => stretch.Handled.Sum(e => e.Id.Sequence - (e.First ?? e.Id).Sequence + 1));

    /// <summary>A client that knows from elsewhere where it is.</summary>
    public void BeginAt(EventId position)
    {
        Stretch known = new(position, position.Sequence + 1, ReplayStart.Live, [], Filter);
        known.Begin(position);
        _stretches.Add(known);
    }

    public ConnectionRequest Ask(ConnectionRequest request) => request with { LastEventId = Last?.ToString(), Start = start, Threads = Filter.Threads, Runs = Filter.Runs };

    /// <summary>The server's word on a resume, against the windows before and after: the same one, when nothing else happens meanwhile.</summary>
    public void Begin(WelcomeMessage welcome, in Window before, in Window after)
    {
        Assert.Contains(welcome.Reset, new[] { Judge(before), Judge(after) });
        Assert.Equal(Last is not null && welcome.Reset is null, welcome.Resumed);
        CutCounts.Add(ref CountOf(welcome));
        if (!welcome.Resumed)
        {
            // The client reloads: what it handled before may come again.
            HashSet<string> openRuns = [.. welcome.OpenRuns.Select(run => run.RunId.Value)];
            _stretches.Add(new Stretch(welcome.LastEventId, after.Tail, start, openRuns, Filter));
        }
    }

    public void Handle(ServerMessage message)
    {
        switch (message)
        {
            case AgentEvent received:
                _stretches[^1].Handle(received);
                CutCounts.Add(ref counts.Handled);
                break;
            case CursorMessage cursor:
                _stretches[^1].Handle(cursor);
                break;
            case ResetMessage reset:
                _stretches.Add(_stretches[^1].Lose(reset.LastEventId));
                CutCounts.Add(ref counts.Resets);
                break;
        }
    }

    public void Subscribe(EventFilter wanted, EventId after)
    {
        Filter = wanted;
        _stretches[^1].Subscribe(wanted, after);
    }

    public bool HasReached(EventId id) => Last is { } last && last.SameEpoch(id) && last.Sequence >= id.Sequence;

    public void CheckReplay(Journal journal) => _stretches[^1].CheckReplay(journal);

    public void Check(Journal journal) => _stretches.ForEach(stretch => stretch.Check(journal));

    private ResetReason? Judge(in Window window) =>
        Last is not { } last ? null
        : window.Head == default || !last.SameEpoch(window.Head) ? ResetReason.EpochChanged
        : last.Sequence < window.Tail - 1 ? ResetReason.TooOld
        : null;

    private ref long CountOf(WelcomeMessage welcome)
    {
        switch (welcome.Reset)
        {
            case ResetReason.TooOld:
                return ref counts.TooOld;
            case ResetReason.EpochChanged:
                return ref counts.EpochChanges;
            default:
                return ref welcome.Resumed ? ref counts.Resumed : ref counts.Late;
        }
    }
}
