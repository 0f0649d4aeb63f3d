using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;
using Netra.Realtime.Testing;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Testing;

public sealed class InMemoryRealtimeTests
{
    private static readonly UserId Alice = UserId.Create("alice");

    [Fact]
    public async Task EventsOf_ARunOfNobodyConnected_AreAllAndWellFormedAndStayUndelivered()
    {
        await using InMemoryRealtime realtime = InMemoryRealtime.Create(new FakeTimeProvider());
        RunEmitter run = realtime.Emitters.CreateFor(Alice).StartRun("agent");
        await run.ToolAsync("search", new { q = 1 }, _ => Task.FromResult(2), run.Cancelled);
        run.Respond("Hello ");
        run.Respond("world");
        EventId last = run.Complete().EventId;

        IReadOnlyList<AgentEvent> events = realtime.EventsOf(Alice);

        Assert.Equal(["agent_started", "tool_executing", "tool_completed", "agent_responding", "agent_completed"], events.Select(e => e.Type));
        Assert.Equal("Hello world", EventAssert.TextOf(events, run.RunId, 1));
        EventAssert.NoGaps(events);
        EventAssert.RunsAreWellFormed(events);
        Assert.False(realtime.Emitters.CreateFor(Alice).WhenDeliveredAsync(last, run.Cancelled).IsCompleted);
        Assert.Equal(0, realtime.Emitters.CreateFor(Alice).Emit("after", 1).Connections);
    }

    [Fact]
    public async Task EventsOf_LogWasTrimmed_ThrowsAndSaysHowMany()
    {
        await using InMemoryRealtime realtime = InMemoryRealtime.Create(new FakeTimeProvider(), options => options.Retention.MaxEvents = 10);
        for (int i = 0; i < 12; i++)
        {
            realtime.Emitters.CreateFor(Alice).Emit("n", i);
        }

        Assert.StartsWith("2 events", Assert.Throws<InvalidOperationException>(() => realtime.EventsOf(Alice)).Message);
    }

    [Fact]
    public async Task Sweep_FakeTimeMovesOn_EventsOfSaysThatTheyAreGone()
    {
        FakeTimeProvider time = new();
        await using InMemoryRealtime realtime = InMemoryRealtime.Create(time);
        realtime.Emitters.CreateFor(Alice).Emit("n", 1);

        time.Advance(TimeSpan.FromSeconds(400));

        Assert.Throws<InvalidOperationException>(() => realtime.EventsOf(Alice));
    }

    [Fact]
    public async Task Dispose_BackgroundRunWaits_EndsInterrupted()
    {
        InMemoryRealtime realtime = InMemoryRealtime.Create(new FakeTimeProvider());
        RunHandle run = realtime.Runs.Start(Alice, null, "agent", (_, _, token) => Task.Delay(Timeout.Infinite, token));

        await realtime.DisposeAsync().AsTask().OrFail();

        Assert.Equal(RunOutcome.Interrupted, await run.Completion.OrFail());
    }

    [Fact]
    public async Task Create_Twice_SharesNothing()
    {
        await using InMemoryRealtime one = InMemoryRealtime.Create();
        await using InMemoryRealtime other = InMemoryRealtime.Create();

        one.Emitters.CreateFor(Alice).Emit("n", 1);

        Assert.Single(one.EventsOf(Alice));
        Assert.Empty(other.EventsOf(Alice));
    }
}
