using Microsoft.Extensions.Time.Testing;

namespace Netra.Realtime.TestSupport;

internal static class FakeTimeExtensions
{
    /// <summary>Moves the clock until the task is over. A deadline made on the pool may be made a moment after the clock moved, so it moves on.</summary>
    public static async Task AdvanceUntilAsync(this FakeTimeProvider time, Task task, TimeSpan step)
    {
        using CancellationTokenSource net = new(TestTimeout.Net);
        while (!task.IsCompleted && !net.IsCancellationRequested)
        {
            time.Advance(step);
            await Task.Yield();
        }
        await task.OrFail();
    }
}
