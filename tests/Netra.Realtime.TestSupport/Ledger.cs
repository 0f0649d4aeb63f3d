using Netra.Realtime.Protocol;

namespace Netra.Realtime.TestSupport;

/// <summary>What a client handled, to be compared with what was emitted.</summary>
internal sealed class Ledger(EventId from)
{
    public List<AgentEvent> Handled { get; } = [];

    /// <summary>What the client resumes from.</summary>
    public EventId Last { get; private set; } = from;

    public void Handle(AgentEvent received)
    {
        Handled.Add(received);
        Last = received.Id;
    }

    /// <summary>Each id once and in order, each payload as it was emitted, each text as the concatenation of its deltas.</summary>
    public void Check(IReadOnlyList<EmittedEvent> emitted)
    {
        int next = 0;
        foreach (AgentEvent received in Handled)
        {
            long first = (received.First ?? received.Id).Sequence;
            for (; next < emitted.Count && emitted[next].MayBeMissing && emitted[next].Id.Sequence < first; next++)
            {
            }
            if (next >= emitted.Count || emitted[next].Id.Sequence != first)
            {
                throw new InvalidOperationException($"{first}-{received.Id} came where {(next < emitted.Count ? emitted[next] : null)} was due.");
            }
            string? text = null;
            EmittedEvent begun = emitted[next];
            string content = EmittedEvent.ContentOf(received);
            for (; next < emitted.Count && emitted[next].Id.Sequence <= received.Id.Sequence; next++)
            {
                EmittedEvent covered = emitted[next];
                if (!covered.IsPartOf(received))
                {
                    if (covered.MayBeMissing)
                    {
                        continue; // it was not visible, so its neighbours could be joined
                    }
                    throw new InvalidOperationException($"{received.Type} {begun.Id} to {received.Id} covers {covered}.");
                }
                text = text is null ? covered.Content : text + covered.Content;
            }
            if (text != content)
            {
                throw new InvalidOperationException($"{content} came, {text} was emitted, at {begun.Id}.");
            }
        }
        if (emitted.Skip(next).FirstOrDefault(e => !e.MayBeMissing) is { } missing)
        {
            throw new InvalidOperationException($"{missing} never came.");
        }
    }
}
