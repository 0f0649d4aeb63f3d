using static Netra.Realtime.Fuzz.FuzzTargets.FuzzFailureException;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>What is read costs memory as it costs bytes: a measure of work that is the same on a busy machine.</summary>
internal static class Allocations
{
    // Of a byte a list of tokens makes two of text, a string and a place in a list; beside that, what runs for the first time has tables to make.
    private const int ByteCost = 256;
    private const int FixedCost = 256 * 1024;

    public static void Check(int bytes, Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        ThrowUnless(allocated <= FixedCost + (ByteCost * (long)bytes), "allocations are linear", $"{allocated} for {bytes} bytes");
    }
}
