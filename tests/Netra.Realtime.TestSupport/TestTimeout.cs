using System.Diagnostics;

namespace Netra.Realtime.TestSupport;

/// <summary>A safety net for waits: generous, so that it says "never" and not "slow today".</summary>
public static class TestTimeout
{
    public static readonly TimeSpan Net = TimeSpan.FromSeconds(LongTests.Times(30, 180)); // the long variants keep a machine busy by themselves

    public static Task<T> OrFail<T>(this Task<T> task) => task.WaitAsync(Net);

    public static Task OrFail(this Task task) => task.WaitAsync(Net);

    public static async Task<T> OrFail<T>(this ValueTask<T> task) => await task.AsTask().WaitAsync(Net);

    public static Task OrFail(this ValueTask task) => task.AsTask().WaitAsync(Net);

    /// <summary>Looks until something is so that nothing tells. On sockets and processes only.</summary>
    /// <param name="isSo">What is looked at.</param>
    /// <param name="within">How long at most; by default <see cref="Net"/>.</param>
    public static async Task UntilAsync(Func<bool> isSo, TimeSpan? within = null)
    {
        TimeSpan most = within ?? Net;
        Stopwatch watch = Stopwatch.StartNew();
        using PeriodicTimer pace = new(TimeSpan.FromMilliseconds(20));
        while (!isSo())
        {
            if (watch.Elapsed > most)
            {
                throw new TimeoutException($"It was not so within {most}.");
            }

            await pace.WaitForNextTickAsync();
        }
    }
}
