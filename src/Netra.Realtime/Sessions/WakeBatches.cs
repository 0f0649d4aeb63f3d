using System.Diagnostics.CodeAnalysis;

namespace Netra.Realtime.Sessions;

/// <summary>The batch scopes of a host, one for each thread that has opened one: readers of what is appended in it are woken at its end.</summary>
/// <remarks>A scope belongs to its thread, so nothing here is shared between threads but the <see cref="ThreadLocal{T}"/> itself.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "An emitter may outlive its host; what the threads hold goes when this is collected.")]
internal sealed class WakeBatches
{
    // What a writer takes at once: waiting for more of it saves nothing, and a long scope must not run into the bounds of a log.
    private const int MaxPendingBytes = 16 * 1024;

    // After so many events, however small and of however many users, a scope wakes and goes on.
    private const int MaxEvents = 1024;

    private readonly ThreadLocal<Batch> _batches;

    /// <summary>Makes the scopes of a host.</summary>
    /// <param name="maxLogEvents">The bound of a log: what waits in a scope stays well below, or a reader that keeps up would lose events.</param>
    public WakeBatches(int maxLogEvents)
    {
        int maxEvents = Math.Clamp(maxLogEvents / 2, 1, MaxEvents);
        _batches = new ThreadLocal<Batch>(() => new Batch(maxEvents));
    }

    /// <summary>Opens a scope on this thread, or one more inside it.</summary>
    public Batch Begin()
    {
        Batch batch = _batches.Value!; // made by the factory above
        batch.Depth++;
        return batch;
    }

    /// <summary>Whether the session's readers are woken later: a scope is open on this thread and less than one write waits.</summary>
    public bool TryDefer(UserSession session, long pendingBytes) =>
        pendingBytes < MaxPendingBytes && _batches is { IsValueCreated: true, Value: { Depth: > 0 } batch } && batch.Add(session);

    /// <summary>The scope of one thread. Only that thread may use it.</summary>
    internal sealed class Batch(int maxEvents)
    {
        private readonly HashSet<UserSession> _known = [];
        private readonly Queue<UserSession> _sessions = new();
        private UserSession? _last;
        private int _events;

        public int Depth { get; set; }

        public bool Add(UserSession session)
        {
            // As usual it is the last one: an agent emits to one user.
            if (session != _last && _known.Add(session))
            {
                _sessions.Enqueue(session);
            }

            _last = session;
            if (++_events >= maxEvents)
            {
                Wake();
            }

            return true;
        }

        /// <summary>Closes the scope of a depth, with what was left open in it; the outermost wakes. A scope that is closed already stays so.</summary>
        public void End(int depth)
        {
            if (Depth < depth)
            {
                return;
            }

            Depth = depth - 1;
            if (Depth == 0)
            {
                Wake();
            }
        }

        private void Wake()
        {
            // Forgotten before it is woken: what is written may emit, such as a listener of a metric, and that is news again.
            _events = 0;
            while (_sessions.TryDequeue(out UserSession? session))
            {
                _known.Remove(session);
                _last = null;
                session.WakeReaders();
            }
        }
    }
}
