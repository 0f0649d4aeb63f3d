using System.Text.Json;
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
            for (; next < emitted.Count && emitted[next].MayBeSuperseded && emitted[next].Id.Sequence < first; next++)
            {
            }
            if (next >= emitted.Count || emitted[next].Id.Sequence != first)
            {
                throw new InvalidOperationException($"{first}-{received.Id} came where {(next < emitted.Count ? emitted[next] : null)} was due.");
            }
            string? text = null;
            EmittedEvent begun = emitted[next];
            for (; next < emitted.Count && emitted[next].Id.Sequence <= received.Id.Sequence; next++)
            {
                EmittedEvent covered = emitted[next];
                if ((covered.Type, covered.Run, covered.Part) != (received.Type, received.RunId?.Value, PartOf(received)) || covered.Thread != received.ThreadId?.Value)
                {
                    throw new InvalidOperationException($"{received} covers {covered}.");
                }
                text = text is null ? covered.Content : text + covered.Content;
            }
            if (text != ContentOf(received))
            {
                throw new InvalidOperationException($"{ContentOf(received)} came, {text} was emitted, at {begun.Id}.");
            }
        }
        if (next != emitted.Count)
        {
            throw new InvalidOperationException($"{emitted[next]} never came.");
        }
    }

    private static int PartOf(AgentEvent received) => received switch { AgentThinking text => text.Part, AgentResponding text => text.Part, _ => 0 };

    private static string ContentOf(AgentEvent received) => received switch
    {
        AgentStarted started => started.Message ?? "",
        AgentThinking text => text.Delta,
        AgentResponding text => text.Delta,
        ToolExecuting tool => $"{tool.CallId} {tool.Tool} {tool.Input}",
        ToolProgress tool => $"{tool.CallId} {tool.Percent} {tool.Message}",
        ToolCompleted tool => $"{tool.CallId} {tool.Status} {tool.Output}",
        AgentCompleted completed => JsonSerializer.Serialize(completed.Result),
        CustomEvent custom => custom.Payload.ToString(),
        _ => "",
    };
}

/// <summary>One emitted id: a delta is one, and its content the text that it added.</summary>
internal sealed record EmittedEvent(EventId Id, string? Thread, string? Run, string Type, int Part, string Content)
{
    /// <summary>Whether a newer one may have come in its place.</summary>
    public bool MayBeSuperseded { get; init; }
}
