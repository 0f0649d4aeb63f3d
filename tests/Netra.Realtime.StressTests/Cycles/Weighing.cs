using System.Diagnostics;
using System.Globalization;

namespace Netra.Realtime.StressTests.Cycles;

/// <summary>What the process holds at a moment: the heap after a full collection, and all of its memory.</summary>
internal sealed record Weighing(int Cycles, long HeapBytes, long ResidentBytes)
{
    public static Weighing Take(int cycles)
    {
        long heap = long.MaxValue;
        for (int i = 0; i < 4; i++)
        {
            // What a finalizer or the pool lets go of is garbage only then. Not GC.GetTotalMemory: from a size without the youngest
            // generation it takes the gaps of all, and one pinned object there makes megabytes of gaps, at one look and not at the next.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GCMemoryInfo collected = GC.GetGCMemoryInfo(GCKind.FullBlocking);
            heap = Math.Min(heap, collected.HeapSizeBytes - collected.FragmentedBytes);
            GC.WaitForPendingFinalizers();
        }

        using Process self = Process.GetCurrentProcess();
        return new Weighing(cycles, heap, self.WorkingSet64);
    }

    /// <summary>How much of the heap each cycle since an earlier weighing has left behind.</summary>
    public double BytesPerCycleSince(Weighing earlier) => (double)(HeapBytes - earlier.HeapBytes) / (Cycles - earlier.Cycles);

    /// <summary>A row of <c>benchmarks/results/cycles.md</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"| {Cycles:N0} | {HeapBytes / 1024:N0} KiB | {ResidentBytes / 1024 / 1024:N0} MiB |");
}
