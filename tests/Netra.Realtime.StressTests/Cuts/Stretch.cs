using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>What a client handled from where it was told to begin until it was told that it lost events, if it ever was.</summary>
/// <param name="end">The head when it began: what is above it has to come, what is below it is replay.</param>
/// <param name="tail">The tail at that moment.</param>
/// <param name="start">What the client asked to be replayed.</param>
/// <param name="openRuns">The runs that were open.</param>
/// <param name="filter">What the client asks for.</param>
internal sealed class Stretch(EventId end, long tail, ReplayStart start, HashSet<string> openRuns, EventFilter filter)
{
    private readonly List<(long After, EventFilter Filter)> _filters = [(0, filter)];
    private readonly Ledger _ledger = new(end.At(0));
    private EventId? _lostUpTo;

    public EventId End => end;

    /// <summary>What the client resumes from; none before the first event or <c>cursor</c>.</summary>
    public EventId? Position { get; private set; }

    public IReadOnlyList<AgentEvent> Handled => _ledger.Handled;

    public void Handle(AgentEvent received)
    {
        Move(received.Id, (received.First ?? received.Id).Sequence - 1);
        _ledger.Handle(received);
    }

    public void Handle(CursorMessage cursor) => Move(cursor.Id, cursor.Id.Sequence);

    public void Subscribe(EventFilter wanted, EventId after) => _filters.Add((after.Sequence, wanted));

    /// <summary>The client was told, live, that it lost what stands up to here. What is left of a replay goes on.</summary>
    /// <returns>The stretch that begins there.</returns>
    public Stretch Lose(EventId upTo)
    {
        _lostUpTo = upTo;
        Stretch rest = new(upTo.Sequence > end.Sequence ? upTo : end, upTo.Sequence + 1, start, openRuns, _filters[^1].Filter);
        rest.Begin(upTo);
        return rest;
    }

    /// <summary>The replay is over, and meanwhile nothing else happened: it has to be exactly what the model says.</summary>
    public void CheckReplay(Journal journal) => _ledger.Check(
    [
        .. journal.Between(end.At(tail - 1), end).Where(e => Matches(e) && !e.IsFleeting && start != ReplayStart.Live && (!e.IsDelivered || IsOfOpenRun(e))).Select(e => e.What),
    ]);

    /// <summary>Each matching event once, or not for a reason.</summary>
    public void Check(Journal journal)
    {
        if (Position is { } position)
        {
            _ledger.Check([.. journal.Between(end.At(0), position).Where(Matches).Select(e => e.What with { MayBeMissing = e.IsFleeting || IsNoReplay(e) })]);
        }
        if (_lostUpTo is { } lost)
        {
            Assert.True(
                journal.Between(Position ?? end.At(0), lost).Any(e => Matches(e) && e.Class != DeliveryClass.Volatile),
                $"Nothing was lost between {Position} and {lost}.");
        }
    }

    /// <summary>The client remembers this position, whoever told it.</summary>
    public void Begin(EventId at) => Move(at, at.Sequence);

    private void Move(EventId to, long atLeast)
    {
        Assert.True(to.SameEpoch(end) && atLeast >= (Position?.Sequence ?? 0), $"{to} came after {Position}.");
        Position = to;
    }

    private bool IsNoReplay(Emission e) =>
        e.Sequence <= end.Sequence && (start == ReplayStart.Live || e.Sequence < tail || (e.IsDelivered && !IsOfOpenRun(e)));

    private bool IsOfOpenRun(Emission e) => start == ReplayStart.Open && e.What.Run is not null && openRuns.Contains(e.What.Run);

    private bool Matches(Emission e) => e.Matches(_filters.FindLast(since => since.After < e.Sequence).Filter);
}
