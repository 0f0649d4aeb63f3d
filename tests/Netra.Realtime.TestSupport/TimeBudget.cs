using System.Diagnostics;

namespace Netra.Realtime.TestSupport;

/// <summary>How long a test that could go on for ever does: it decides how many seeds there are, never whether one passes.</summary>
public sealed class TimeBudget
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly TimeSpan _whole;
    private readonly long _memoryBefore = GC.GetTotalMemory(forceFullCollection: true);

    private TimeBudget(TimeSpan whole) => _whole = whole;

    /// <summary>Whether to stop: the time is over. On a busy machine it goes on until everything that is to happen at least once has.</summary>
    public bool IsSpent(bool hasSeenAll) => _watch.Elapsed >= _whole && (hasSeenAll || _watch.Elapsed >= _whole + TestTimeout.Net);

    /// <summary>A few seconds usually, by the switch a share of <see cref="LongTests.Minutes"/>.</summary>
    public static TimeBudget Share(double ofLong, TimeSpan usual) => new(LongTests.Enabled ? TimeSpan.FromMinutes(LongTests.Minutes * ofLong) : usual);

    /// <summary>The time, and by how much the heap has grown: a long run shows a leak.</summary>
    public override string ToString() =>
        $"{_watch.Elapsed.TotalSeconds:F0} s, heap {_memoryBefore / 1024:N0} to {GC.GetTotalMemory(forceFullCollection: true) / 1024:N0} KiB";
}
