namespace Netra.Realtime.LoadTests;

/// <summary>What this process holds, without what it has let go of.</summary>
internal static class CollectedHeap
{
    public static long Bytes()
    {
        // Twice: what a finalizer lets go of is garbage only then.
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: false);
    }
}
