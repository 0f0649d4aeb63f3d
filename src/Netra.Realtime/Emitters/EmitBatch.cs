using Netra.Realtime.Sessions;

namespace Netra.Realtime.Emitters;

/// <summary>A scope in which events are only put into the log, and written together at its end: one flush for a burst of them.</summary>
/// <remarks>
/// It belongs to the thread that opened it, and the compiler refuses an <c>await</c> inside. Dispose of it, which is what <c>using</c> is
/// for: one that is forgotten goes on holding back what its thread emits. Whatever this thread emits through any emitter of the host is
/// part of it, except to rooms; a scope in a scope ends with the outer one. As soon as 16 KiB wait for a connection, and after half as
/// many events as a log holds, 1024 at most, what there is is written at once. A <see cref="DeliveryClass.Volatile"/> event that is followed by another
/// of its user in the same scope is passed over, as everywhere.
/// </remarks>
public readonly ref struct EmitBatch : IDisposable
{
    private readonly WakeBatches.Batch? _batch;
    private readonly int _depth;

    internal EmitBatch(WakeBatches.Batch batch)
    {
        _batch = batch;
        _depth = batch.Depth;
    }

    /// <summary>Writes what was emitted in the scope. To be called by <c>using</c>; once more changes nothing.</summary>
    public void Dispose() => _batch?.End(_depth);
}
