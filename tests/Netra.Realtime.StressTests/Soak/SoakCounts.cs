using System.Globalization;
using Netra.Realtime.StressTests.Cuts;

namespace Netra.Realtime.StressTests.Soak;

/// <summary>What a soak has done, summed up.</summary>
internal sealed class SoakCounts
{
    public long Users;
    public long Rounds;
    public long NeverHandled;
    public long WholeStories;
    public long Visitors;
    public long OverLimit;
    public long Floods;
    public long Ghosts;
    public long Stalled;
    public long Binary;

    public CutCounts Cuts { get; } = new();

    public bool HasSeenAll =>
        this is { WholeStories: > 0, Visitors: > 0, OverLimit: > 0, Floods: > 0, Ghosts: > 0, Stalled: > 0, Binary: > 0 }
        && Cuts is { Resumed: > 0, Superseded: > 0, Faults: > 0, TooOld: > 0 };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"users {Users}, rounds {Rounds}, whole stories {WholeStories}, ids never handled {NeverHandled}, visitors {Visitors}, over the limit {OverLimit}, floods {Floods}, ghosts {Ghosts}, stalled {Stalled}, binary {Binary}; {Cuts}");
}
