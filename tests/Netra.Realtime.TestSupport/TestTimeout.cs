namespace Netra.Realtime.TestSupport;

/// <summary>A safety net for waits: generous, so that it says "never" and not "slow today".</summary>
public static class TestTimeout
{
    public static readonly TimeSpan Net = TimeSpan.FromSeconds(30);

    public static Task<T> OrFail<T>(this Task<T> task) => task.WaitAsync(Net);

    public static Task OrFail(this Task task) => task.WaitAsync(Net);

    public static async Task<T> OrFail<T>(this ValueTask<T> task) => await task.AsTask().WaitAsync(Net);

    public static Task OrFail(this ValueTask task) => task.AsTask().WaitAsync(Net);
}
