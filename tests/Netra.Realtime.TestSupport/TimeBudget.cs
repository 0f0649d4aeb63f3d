using System.Diagnostics;

namespace Netra.Realtime.TestSupport;

/// <summary>How long a test that could go on for ever does: it decides how many seeds there are, never whether one passes.</summary>
public sealed class TimeBudget
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly TimeSpan _whole;
    private readonly long _heapBefore = GC.GetTotalMemory(forceFullCollection: true);
    private long _heapHalfway;

    private TimeBudget(TimeSpan whole) => _whole = whole;

    /// <summary>Whether to stop: the time is over. On a busy machine it goes on until everything that is to happen at least once has.</summary>
    public bool IsSpent(bool hasSeenAll)
    {
        if (_heapHalfway == 0 && _watch.Elapsed >= _whole / 2)
        {
            _heapHalfway = GC.GetTotalMemory(forceFullCollection: true);
        }
        return _watch.Elapsed >= _whole && (hasSeenAll || _watch.Elapsed >= _whole + TestTimeout.Net);
    }

    /// <summary>A few seconds usually, by the switch a share of <see cref="LongTests.Minutes"/>.</summary>
    public static TimeBudget Share(double ofLong, TimeSpan usual) => new(LongTests.Enabled ? TimeSpan.FromMinutes(LongTests.Minutes * ofLong) : usual);

    /// <summary>The time, and the heap before, halfway and now: what has not grown since halfway is no leak.</summary>
    public override string ToString() =>
        $"{_watch.Elapsed.TotalSeconds:F0} s, heap {_heapBefore / 1024:N0}, {_heapHalfway / 1024:N0}, {GC.GetTotalMemory(forceFullCollection: true) / 1024:N0} KiB";
}
