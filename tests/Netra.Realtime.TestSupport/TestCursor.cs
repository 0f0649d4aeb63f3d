using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.Transports;

namespace Netra.Realtime.TestSupport;

/// <summary>A cursor whose reads and flushes a test makes itself.</summary>
internal sealed class TestCursor(UserSession session) : LogCursor
{
    private readonly MessageBatch _batch = new();

    public ConnectResult? Result { get; set; }

    public int Wakes { get; private set; }

    public bool WasSuperseded { get; private set; }

    public ReadOutcome LastOutcome { get; private set; }

    public override void Supersede() => WasSuperseded = true;

    public override void Wake() => Wakes++;

    public override void WakeOnPool() => Wakes++;

    /// <summary>Opens a read and leaves it in flight.</summary>
    public List<byte[]> BeginRead()
    {
        lock (session.Gate)
        {
            LastOutcome = session.Log.ReadLocked(this, _batch);
            IsFlushing = IsReading; // until EndRead it hangs
            List<byte[]> messages = [];
            for (int i = 0; i < _batch.Count; i++)
            {
                messages.Add(_batch[i].ToArray());
            }
            return messages;
        }
    }

    public void EndRead(bool flushed = true)
    {
        lock (session.Gate)
        {
            _batch.Clear();
            IsFlushing = false;
            session.Log.EndReadLocked(this, flushed);
        }
    }

    /// <summary>One read, flushed.</summary>
    public List<ServerMessage> ReadOnce()
    {
        List<ServerMessage> messages = Parse(BeginRead());
        EndRead();
        return messages;
    }

    /// <summary>Reads and flushes until nothing is left.</summary>
    public List<ServerMessage> ReadAll()
    {
        List<ServerMessage> messages = [];
        do
        {
            messages.AddRange(ReadOnce());
        }
        while (LastOutcome == ReadOutcome.More);
        return messages;
    }

    public List<byte[]> ReadAllBytes()
    {
        List<byte[]> messages = [];
        do
        {
            messages.AddRange(BeginRead());
            EndRead();
        }
        while (LastOutcome == ReadOutcome.More);
        return messages;
    }

    /// <summary>The events of <see cref="ReadAll"/>, control messages left out.</summary>
    public List<AgentEvent> ReadEvents() => [.. ReadAll().OfType<AgentEvent>()];

    public void Subscribe(EventFilter filter)
    {
        lock (session.Gate)
        {
            session.Log.SetFilterLocked(this, filter);
        }
    }

    public bool TryAcknowledge(EventId id)
    {
        lock (session.Gate)
        {
            return session.Log.TryAcknowledgeLocked(this, id);
        }
    }

    public void RequestPosition()
    {
        lock (session.Gate)
        {
            CursorRequested = true;
        }
    }

    private static List<ServerMessage> Parse(List<byte[]> messages) => [.. messages.Select(message => ServerMessageReader.Read(message)!)]; // a server sends nothing that its own reader does not know
}
