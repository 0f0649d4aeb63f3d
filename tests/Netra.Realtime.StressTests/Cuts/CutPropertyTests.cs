using CsCheck;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>Random programs on several threads, read by devices that come late, are cut, resume, fall behind: each handles what it has to, once.</summary>
/// <remarks>A failure prints the program and its seed: <c>CsCheck_Seed=... dotnet test --filter CutProperty</c> begins with it.</remarks>
public sealed class CutPropertyTests(ITestOutputHelper output)
{
    // How many there are is a matter of time, whether one passes never is.
    private const int ProgramsAtOnce = 25;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Devices_CutAnywhere_HandleEachMatchingEventOnceOrAreToldThatTheyLostIt(bool isNarrow)
    {
        CutCounts counts = new();
        TimeBudget budget = TimeBudget.Share(0.25, usual: TimeSpan.FromSeconds(4));

        do
        {
            await CutProgram.Any.SampleAsync(
                async program =>
                {
                    await using CutRun run = new(isNarrow, counts);
                    await run.RunAsync(program);
                },
                iter: ProgramsAtOnce,
                threads: 1);
        }
        while (!budget.IsSpent(HasSeenAll(counts, isNarrow)));

        output.WriteLine($"{(isNarrow ? "narrow" : "wide")} window, {budget}: {counts}");
        Assert.True(HasSeenAll(counts, isNarrow), $"{counts}");
        Assert.Equal(isNarrow, counts.Resets + counts.SlowConsumers > 0);
    }

    // A test that never resets tests nothing of it.
    private static bool HasSeenAll(CutCounts counts, bool isNarrow) =>
        counts is { Resumed: > 0, Superseded: > 0, Late: > 0, ExactReplays: > 0, Evictions: > 0, EpochChanges: > 0, TooOld: > 0 }
        && (!isNarrow || counts is { Resets: > 0, SlowConsumers: > 0 });
}
