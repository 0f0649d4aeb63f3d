using Netra.Realtime.Sessions;

namespace Netra.Realtime.Emitters;

/// <summary>A scope in which events are only put into the log, and written together at its end: one flush for a burst of them.</summary>
/// <remarks>
/// It belongs to the thread that opened it, and the compiler refuses an <c>await</c> inside: there is nothing that could be left open.
/// Whatever this thread emits through any emitter of the host is part of it; a scope in a scope ends with the outer one. As soon as
/// 16 KiB wait for a connection, that much is written at once. A <see cref="DeliveryClass.Volatile"/> event that is followed by another
/// of its user in the same scope is passed over, as everywhere.
/// </remarks>
public readonly ref struct EmitBatch : IDisposable
{
    private readonly WakeBatches.Batch? _batch;

    internal EmitBatch(WakeBatches.Batch batch) => _batch = batch;

    /// <summary>Writes what was emitted in the scope. To be called once, by <c>using</c>.</summary>
    public void Dispose() => _batch?.End();
}
