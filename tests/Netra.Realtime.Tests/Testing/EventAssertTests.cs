using Netra.Realtime.Protocol;
using Netra.Realtime.Testing;

namespace Netra.Realtime.Tests.Testing;

public sealed class EventAssertTests
{
    private static readonly RunId Run = new("r-1");
    private static readonly CallId Call = new("c-1");

    [Fact]
    public void WholeRun_EveryAssertion_Passes()
    {
        AgentEvent[] events = [Started(1), Calls(2), Called(3), Says(4, "a"), Says(6, "bc", first: 5), Ends(7)];

        EventAssert.NoDuplicates(events);
        EventAssert.NoGaps(events);
        EventAssert.RunsAreWellFormed(events);
        Assert.Equal("abc", EventAssert.TextOf(events, Run, 1));
    }

    [Fact]
    public void NoDuplicates_AnIdTwiceOrARangeThatOverlaps_Fails()
    {
        AssertFails("e-1", () => EventAssert.NoDuplicates([Started(1), Started(1)]));
        AssertFails("e-2", () => EventAssert.NoDuplicates([Started(1), Says(2, "a"), Says(3, "ab", first: 2)]));
        EventAssert.NoDuplicates([Started(1), Ends(3)]); // a gap is none
    }

    [Fact]
    public void NoGaps_AnIdIsMissing_Fails() =>
        AssertFails("e-1 (agent_started) is followed by e-3", () => EventAssert.NoGaps([Started(1), Ends(3)]));

    [Fact]
    public void RunsAreWellFormed_BrokenRuns_FailAndSayWhere()
    {
        AssertFails("begins with", () => EventAssert.RunsAreWellFormed([Ends(1)]));
        AssertFails("no terminal event", () => EventAssert.RunsAreWellFormed([Started(1)]));
        AssertFails("e-3: agent_completed comes after", () => EventAssert.RunsAreWellFormed([Started(1), Ends(2), Ends(3)]));
        AssertFails("e-3: agent_responding comes after", () => EventAssert.RunsAreWellFormed([Started(1), Ends(2), Says(3, "a")]));
        AssertFails("e-3: agent_completed comes while call 'c-1' (e-2)", () => EventAssert.RunsAreWellFormed([Started(1), Calls(2), Ends(3)]));
        AssertFails("no open call 'c-1'", () => EventAssert.RunsAreWellFormed([Started(1), Called(2), Ends(3)]));
        AssertFails("begins again", () => EventAssert.RunsAreWellFormed([Started(1), Calls(2), Called(3), Calls(4), Called(5), Ends(6)]));
        AssertFails("comes again", () => EventAssert.RunsAreWellFormed([Started(1), Started(2), Ends(3)]));
    }

    [Fact]
    public void TextOf_NoSuchPart_Fails() => AssertFails("part 2", () => EventAssert.TextOf([Started(1), Says(2, "a")], Run, 2));

    private static void AssertFails(string says, Action assertion) =>
        Assert.Contains(says, Assert.Throws<RealtimeAssertionException>(assertion).Message, StringComparison.Ordinal);

    private static EventId Id(long sequence) => EventId.Parse("e-0", null).At(sequence);

    private static AgentStarted Started(long id) => new() { Id = Id(id), RunId = Run };

    private static AgentCompleted Ends(long id) => new() { Id = Id(id), RunId = Run, DurationMs = 1 };

    private static ToolExecuting Calls(long id) => new() { Id = Id(id), RunId = Run, CallId = Call, Tool = "t" };

    private static ToolCompleted Called(long id) => new() { Id = Id(id), RunId = Run, CallId = Call, Tool = "t", Status = ToolStatus.Succeeded, DurationMs = 1 };

    private static AgentResponding Says(long id, string delta, long? first = null) =>
        new() { Id = Id(id), First = first is { } f ? Id(f) : null, RunId = Run, Delta = delta, Part = 1 };
}
