using Microsoft.Extensions.Logging.Abstractions;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Sessions;

/// <summary>What waits for the application's handler is bounded, with what it has in hand.</summary>
public sealed class UndeliveredEventQueueTests
{
    private static readonly UserId Alice = RealtimeHarness.Alice;

    [Fact]
    public async Task Queue_HandlerHangs_HoldsNoMoreThanItsBoundAndCountsTheRest()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        LogCounters counters = new();
        int handled = 0;
        UndeliveredEventQueue queue = new(
            async batch =>
            {
                entered.TrySetResult();
                await gate.Task;
                handled += batch.Events.Count;
            },
            _ => 0,
            null,
            counters,
            NullLogger.Instance);
        UndeliveredEvent lost = new(Alice, null, null, UndeliveredReason.Bounds, [0, 0, 0, 0, 0, 0, 0, 0, .. """{"id":"k3v9x2-1","type":"note","ts":"2026-11-23T10:15:30.123Z"}"""u8]);
        queue.Add([lost]);
        await entered.Task.OrFail();

        queue.Add(Enumerable.Repeat(lost, UndeliveredEventQueue.MaxEvents - 1)); // with the one that is being handled as many as may be
        Assert.Equal(0, counters.Unhandled);
        queue.Add([lost]);
        Assert.Equal(1, counters.Unhandled);

        gate.SetResult();
        await queue.WhenIdleAsync().OrFail();
        queue.Add(Enumerable.Repeat(lost, UndeliveredEventQueue.MaxEvents));
        await queue.WhenIdleAsync().OrFail();
        Assert.Equal((2 * UndeliveredEventQueue.MaxEvents, 1L), (handled, counters.Unhandled));
    }

    [Fact]
    public async Task Queue_TooManyBytes_CountsTheRest()
    {
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        LogCounters counters = new();
        UndeliveredEventQueue queue = new(_ => gate.Task, _ => 0, null, counters, NullLogger.Instance);
        byte[] message = new byte[1024 * 1024];
        message.AsSpan(8).Fill((byte)' ');
        """{"id":"k3v9x2-1","type":"note","ts":"2026-11-23T10:15:30.123Z"}"""u8.CopyTo(message.AsSpan(8));
        UndeliveredEvent large = new(Alice, null, null, UndeliveredReason.Bounds, message);

        queue.Add(Enumerable.Repeat(large, (int)(UndeliveredEventQueue.MaxBytes / message.Length) + 1));

        Assert.Equal(1, counters.Unhandled);
        gate.SetResult();
        await queue.WhenIdleAsync().OrFail();
    }
}
