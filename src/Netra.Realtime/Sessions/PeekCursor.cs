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

    /// <summary>All of it in one hold of the gate, so that nothing is trimmed between; it is parsed outside.</summary>
    public LogSnapshot Read(UserSession session)
    {
        List<byte[]> messages = [];
        long trimmed;
        lock (session.Gate)
        {
            EventLog log = session.Log;
            trimmed = log.Tail - 1;
            Next = log.Tail;
            PendingBytes = log.Bytes;
            ReplayEndTold = true; // no cursor message
            ReadOutcome outcome;
            do
            {
                outcome = log.ReadLocked(this, _batch);
                log.EndReadLocked(this, flushed: false);
                for (int i = 0; i < _batch.Count; i++)
                {
                    messages.Add(_batch[i].ToArray());
                }

                _batch.Clear();
            }
            while (outcome == ReadOutcome.More);
        }

        return new LogSnapshot([.. messages.Select(message => ServerMessageReader.Read(message)).OfType<AgentEvent>()], trimmed);
    }
}
