using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Testing;

namespace Librarian.Tests;

public sealed class LibrarianTests
{
    private static readonly UserId Alice = UserId.Create("alice");

    [Fact]
    public async Task Answer_NobodyIsConnected_IsWhole()
    {
        await using InMemoryRealtime realtime = InMemoryRealtime.Create();

        RunId run = await AnswerAsync(realtime.Emitters.CreateFor(Alice));

        IReadOnlyList<AgentEvent> events = realtime.EventsOf(Alice);
        EventAssert.NoGaps(events);
        EventAssert.RunsAreWellFormed(events);
        Assert.Equal("There are 2 files.", EventAssert.TextOf(events, run, part: 1));
    }

    [Fact]
    public async Task Answer_LineIsCutInTheMiddle_ClientHandlesEachEventOnce()
    {
        await using InMemoryRealtime realtime = InMemoryRealtime.Create();
        await using InMemoryConnection client = await realtime.ConnectAsync(Alice);
        await client.ReadUntilAsync<CursorMessage>(); // the end of the replay

        client.CutAfterMessages(2);
        await AnswerAsync(realtime.Emitters.CreateFor(Alice));
        await Assert.ThrowsAsync<ConnectionEndedException>(() => client.ReadUntilAsync<AgentCompleted>());
        await client.ResumeAsync();
        await client.ReadUntilAsync<AgentCompleted>();

        Assert.True(client.Welcome.Resumed);
        EventAssert.NoGaps(client.Handled);
        EventAssert.RunsAreWellFormed(client.Handled);
    }

    // Your agent.
    private static async Task<RunId> AnswerAsync(UserEventEmitter emitter)
    {
        await using RunEmitter run = emitter.StartRun("librarian");
        string[] files = await run.ToolAsync("search", new { q = "*.md" }, _ => Task.FromResult<string[]>(["a", "b"]), run.Cancelled);
        run.Respond($"There are {files.Length} files.");
        run.Complete();
        return run.RunId;
    }
}
