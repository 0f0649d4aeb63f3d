using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Health;

public sealed class SweeperTests
{
    [Fact]
    public async Task Sweep_EachInterval_EvictsRetiredSessions()
    {
        await using RealtimeHarness realtime = new();
        realtime.Sweeper.Start();
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("step", 1);

        for (int i = 0; i < 5; i++)
        {
            realtime.Time.Advance(TimeSpan.FromSeconds(30));
        }
        Assert.Equal(1, realtime.Sessions.Count);

        realtime.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, realtime.Sessions.Count);
    }

    [Fact]
    public async Task Sweep_ConnectionThatSkipped_IsToldItsPosition()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect(with: request => request with { Threads = new HashSet<ThreadId> { new("t-1") } });
        await client.StartedAsync();
        realtime.Sweeper.Sweep();
        EventId id = realtime.Emitters.CreateFor(RealtimeHarness.Alice, new ThreadId("t-2")).Emit("elsewhere", 1).EventId;

        realtime.Sweeper.Sweep();

        Assert.Equal(id, (await client.NextAsync<CursorMessage>()).Id);
    }
}
