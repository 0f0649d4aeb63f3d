using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>A producer that never stops, beside a reader that never reads.</summary>
public sealed class EndlessProducerTests
{
    [Fact]
    public async Task Emit_InALoop_MemoryIsTheLogsAndTheResultTellsWhatWaits()
    {
        await using RealtimeHarness realtime = new();
        FakeClient reader = realtime.Connect(stalled: true);
        UserEventEmitter emitter = realtime.Emitters.CreateFor(RealtimeHarness.Alice);
        int events = LongTests.Times(100_000, 1_000_000);

        long most = 0;
        long pending = 0;
        for (int i = 1; i <= events; i++)
        {
            EmitResult result = emitter.Emit("note", i);
            Assert.Equal(i, result.EventId.Sequence);
            most = Math.Max(most, realtime.Sessions.Pool.BytesInUse);
            pending = Math.Max(pending, result.PendingBytes);
        }

        // A log of 1,000 events in blocks of 512 bytes, and what trimming leaves for a moment.
        Assert.InRange(most, 1, 2 * 1024 * 1024);
        Assert.True(pending > 0, "The producer was told nothing.");
        Assert.Equal(CloseReason.SlowConsumer.Code, (await realtime.EndStalledAsync(reader)).Code);
    }
}

file static class Stalled
{
    /// <summary>The peer reads nothing more: the close gives up at its deadline.</summary>
    public static async Task<CloseReason> EndStalledAsync(this RealtimeHarness realtime, FakeClient client)
    {
        await realtime.AdvanceUntilAsync(client.Run, TimeSpan.FromSeconds(1));
        return await client.Run;
    }
}
