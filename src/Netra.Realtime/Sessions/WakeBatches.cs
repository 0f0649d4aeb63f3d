using System.Diagnostics.CodeAnalysis;

namespace Netra.Realtime.Sessions;

/// <summary>The batch scopes of a host, one for each thread that has opened one: readers of what is appended in it are woken at its end.</summary>
/// <remarks>A scope belongs to its thread, so nothing here is shared between threads but the <see cref="ThreadLocal{T}"/> itself.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "An emitter may outlive its host; what the threads hold goes when this is collected.")]
internal sealed class WakeBatches
{
    // What a writer takes at once: waiting for more of it saves nothing, and a long scope must not run into the bounds of a log.
    private const int MaxPendingBytes = 16 * 1024;

    // A scope over very many users remembers no more than this, then wakes them and goes on.
    private const int MaxSessions = 1024;

    private readonly ThreadLocal<Batch> _batches = new(static () => new Batch());

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
    internal sealed class Batch
    {
        private readonly HashSet<UserSession> _known = [];
        private readonly List<UserSession> _sessions = [];
        private UserSession? _last;

        public int Depth { get; set; }

        public bool Add(UserSession session)
        {
            if (session == _last)
            {
                return true; // as usual: an agent emits to one user
            }

            _last = session;
            if (_known.Add(session))
            {
                _sessions.Add(session);
                if (_sessions.Count == MaxSessions)
                {
                    Wake();
                }
            }

            return true;
        }

        /// <summary>Closes the innermost scope; the outermost wakes.</summary>
        public void End()
        {
            if (Depth > 0 && --Depth == 0)
            {
                Wake();
            }
        }

        private void Wake()
        {
            // By index: what is written may emit, such as a listener of a metric, and so add to the list or open a scope of its own.
            for (int i = 0; i < _sessions.Count; i++)
            {
                _sessions[i].WakeReaders();
            }

            _sessions.Clear();
            _known.Clear();
            _last = null;
        }
    }
}
