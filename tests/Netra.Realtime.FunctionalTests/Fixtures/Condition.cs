using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>Something that nobody tells, so that a test has to look again and again.</summary>
internal static class Condition
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> WhenAsync(Func<bool> isMet, TimeSpan net, [CallerArgumentExpression(nameof(isMet))] string what = "")
    {
        Stopwatch watch = Stopwatch.StartNew();
        using PeriodicTimer again = new(Pace);
        while (!isMet())
        {
            Assert.True(watch.Elapsed < net, $"Not within {net}: {what}");
            await again.WaitForNextTickAsync();
        }

        return watch.Elapsed;
    }
}
