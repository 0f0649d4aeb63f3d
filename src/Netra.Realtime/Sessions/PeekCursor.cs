using Netra.Realtime.Protocol;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Sessions;

/// <summary>Reads what a log retains. Never attached: it takes no place, is not woken, and nothing that it reads counts as delivered.</summary>
internal sealed class PeekCursor : LogCursor
{
    private readonly MessageBatch _batch = new();

    public override void Supersede()
    {
        // Nobody does: it is not attached.
    }

    public override void Wake()
    {
        // As above.
    }

    public override void WakeOnPool()
    {
        // As above.
    }

    public LogSnapshot Read(UserSession session)
    {
        List<AgentEvent> events = [];
        long trimmed;
        long head;
        lock (session.Gate)
        {
            trimmed = session.Log.Tail - 1;
            head = session.Log.Head.Sequence;
            Next = session.Log.Tail;
            ReplayEndTold = true; // no control messages
        }

        while (Next <= head)
        {
            lock (session.Gate)
            {
                Next = Math.Max(Next, session.Log.Tail); // an unattached cursor is not moved by a trim
                Skipped = 0;
                session.Log.ReadLocked(this, _batch);
                session.Log.EndReadLocked(this, flushed: false);
            }

            for (int i = 0; i < _batch.Count; i++)
            {
                if (ServerMessageReader.Read(_batch[i].Span) is AgentEvent e)
                {
                    events.Add(e);
                }
            }

            _batch.Clear();
        }

        return new LogSnapshot(events, trimmed);
    }
}
