using System.Numerics;
using Netra.Realtime.Diagnostics;

namespace Netra.Realtime.Sessions;

/// <summary>The entries of all logs of a host, recycled with their blocks, and the count of the bytes that they hold.</summary>
/// <remarks>
/// Why not the shared array pool: a thousand users that burst at once overflow its per-core stacks and then it allocates. Entries
/// keep their block, so one rent is one pop. Safe for concurrent use; one lock per size class, held for a push or a pop.
/// </remarks>
internal sealed class LogBlockPool
{
    private const int SmallestBlockBytes = 512;
    private const int SizeClasses = 9; // 512 B to 128 KiB
    private const int RetainedBytesPerClass = 8 * 1024 * 1024;

    private readonly Shelf[] _shelves;
    private long _bytesInUse;

    public LogBlockPool()
    {
        _shelves = new Shelf[SizeClasses];
        for (int i = 0; i < SizeClasses; i++)
        {
            _shelves[i] = new Shelf(SmallestBlockBytes << i);
        }
    }

    /// <summary>What the logs of the host count.</summary>
    public LogCounters Counters { get; } = new();

    /// <summary>The bytes of the blocks that logs hold now: what <c>Retention.TotalBytes</c> bounds.</summary>
    public long BytesInUse => Volatile.Read(ref _bytesInUse);

    public LogEntry Rent(int blockBytes)
    {
        int index = ClassOf(blockBytes);
        LogEntry entry = index < SizeClasses ? _shelves[index].Take() : new LogEntry(new byte[blockBytes]);
        Interlocked.Add(ref _bytesInUse, entry.Block.Length);
        return entry;
    }

    public void Return(LogEntry owned)
    {
        Interlocked.Add(ref _bytesInUse, -owned.Block.Length);
        owned.Reset();
        int index = ClassOf(owned.Block.Length);
        if (index < SizeClasses)
        {
            _shelves[index].Put(owned);
        }
    }

    /// <summary>Moves a segment that is full to a larger block; its text goes with it.</summary>
    public void Grow(LogEntry segment, int blockBytes)
    {
        LogEntry larger = Rent(blockBytes);
        segment.Block.AsSpan(0, segment.Length).CopyTo(larger.Block);
        (segment.Block, larger.Block) = (larger.Block, segment.Block);
        Return(larger);
    }

    private static int ClassOf(int bytes) =>
        Math.Max(0, BitOperations.Log2((uint)Math.Max(bytes, 1) - 1) + 1 - BitOperations.Log2(SmallestBlockBytes));

    private sealed class Shelf(int blockBytes)
    {
        private readonly Lock _gate = new();
        private readonly Stack<LogEntry> _entries = new();

        public LogEntry Take()
        {
            lock (_gate)
            {
                if (_entries.TryPop(out LogEntry? entry))
                {
                    return entry;
                }
            }

            return new LogEntry(new byte[blockBytes]);
        }

        public void Put(LogEntry entry)
        {
            lock (_gate)
            {
                if (_entries.Count * blockBytes < RetainedBytesPerClass)
                {
                    _entries.Push(entry);
                }
            }
        }
    }
}
