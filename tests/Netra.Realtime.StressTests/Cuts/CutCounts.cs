using System.Globalization;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>What programs did, summed up: a test that never trims or resets tests nothing of it.</summary>
internal sealed class CutCounts
{
    public long Programs;
    public long Events;
    public long Handled;
    public long Cuts;
    public long Resumed;
    public long TooOld;
    public long EpochChanges;
    public long Resets;
    public long SlowConsumers;
    public long Superseded;
    public long Overtaken;
    public long Late;
    public long ExactReplays;
    public long Trimmed;
    public long Evictions;
    public long Faults;
    public long FailedHandshakes;
    public long CutInMessage;

    public static void Add(ref long count, long more = 1) => Interlocked.Add(ref count, more);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"programs {Programs}, events {Events}, handled {Handled}, cuts {Cuts} (superseded {Superseded}, by an older line {Overtaken}, lines broken {Faults}, in the handshake {FailedHandshakes}, in a message {CutInMessage}), resumed {Resumed}, too_old {TooOld}, epoch_changed {EpochChanges}, late devices {Late}, exact replays {ExactReplays}, resets {Resets}, slow consumers {SlowConsumers}, trimmed {Trimmed}, evictions {Evictions}");
}
