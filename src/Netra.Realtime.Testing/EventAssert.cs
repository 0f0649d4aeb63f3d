using Netra.Realtime.Protocol;

namespace Netra.Realtime.Testing;

/// <summary>What holds for the events of a user, checked in any test framework: a failure throws <see cref="RealtimeAssertionException"/>.</summary>
public static class EventAssert
{
    /// <summary>Ids strictly rise within one epoch, and no range overlaps what came before: no event twice.</summary>
    /// <param name="events">The events, in the order in which they came.</param>
    public static void NoDuplicates(IEnumerable<AgentEvent> events) => CheckIds(events, gapsToo: false);

    /// <summary>As <see cref="NoDuplicates"/>, and no id is missing between the first and the last.</summary>
    /// <param name="events">The events, unfiltered. Superseded <c>latest</c> events, such as a call's progress, leave gaps by design.</param>
    public static void NoGaps(IEnumerable<AgentEvent> events) => CheckIds(events, gapsToo: true);

    /// <summary>Each run begins with <c>agent_started</c>, completes each tool call once, and ends with exactly one terminal event.</summary>
    /// <param name="events">All events of the runs, in order; events without a run are passed over.</param>
    public static void RunsAreWellFormed(IEnumerable<AgentEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        foreach (IGrouping<RunId, AgentEvent> run in events.Where(e => e.RunId is not null).GroupBy(e => e.RunId!.Value)) // the filter proves it
        {
            CheckRun(run.Key, [.. run]);
        }
    }

    /// <summary>The text of one part of a run, its deltas put together.</summary>
    /// <param name="events">The events, in order.</param>
    /// <param name="run">The run.</param>
    /// <param name="part">The part, from 1, over thinking and responding together.</param>
    /// <returns>The text.</returns>
    /// <exception cref="RealtimeAssertionException">The run has no such part.</exception>
    public static string TextOf(IEnumerable<AgentEvent> events, RunId run, int part)
    {
        ArgumentNullException.ThrowIfNull(events);
        List<string> deltas = [];
        foreach (AgentEvent e in events.Where(e => e.RunId == run))
        {
            switch (e)
            {
                case AgentThinking thinking when thinking.Part == part:
                    deltas.Add(thinking.Delta);
                    break;
                case AgentResponding responding when responding.Part == part:
                    deltas.Add(responding.Delta);
                    break;
            }
        }

        return deltas.Count > 0 ? string.Concat(deltas) : throw new RealtimeAssertionException($"Run '{run}' has no text of part {part}.");
    }

    private static void CheckIds(IEnumerable<AgentEvent> events, bool gapsToo)
    {
        ArgumentNullException.ThrowIfNull(events);
        AgentEvent? last = null;
        foreach (AgentEvent e in events)
        {
            EventId first = e.First ?? e.Id;
            if (last is not null && !first.SameEpoch(last.Id))
            {
                throw new RealtimeAssertionException($"{first} is of another epoch than {last.Id} before it.");
            }

            if (last is not null && first.Sequence <= last.Id.Sequence)
            {
                throw new RealtimeAssertionException($"{first} ({e.Type}) came after {last.Id} ({last.Type}): a duplicate, or out of order.");
            }

            if (gapsToo && last is not null && first.Sequence != last.Id.Sequence + 1)
            {
                throw new RealtimeAssertionException($"{last.Id} ({last.Type}) is followed by {first} ({e.Type}): what is between them is missing.");
            }

            last = e;
        }
    }

    private static void CheckRun(RunId run, List<AgentEvent> events)
    {
        if (events[0] is not AgentStarted)
        {
            throw new RealtimeAssertionException($"Run '{run}' begins with {events[0].Type} ({events[0].Id}), not with agent_started.");
        }

        Dictionary<CallId, ToolExecuting> open = [];
        HashSet<CallId> called = [];
        AgentEvent? end = null;
        foreach (AgentEvent e in events)
        {
            string? wrong = e switch
            {
                _ when end is not null => $"{e.Type} comes after the terminal event {end.Type} ({end.Id})",
                AgentStarted when e != events[0] => "agent_started comes again",
                ToolExecuting call when !called.Add(call.CallId) => $"call '{call.CallId}' begins again",
                ToolCompleted call when !open.Remove(call.CallId) => $"tool_completed has no open call '{call.CallId}'",
                AgentCompleted or AgentFailed when open.Count > 0 => $"{e.Type} comes while call '{open.First().Key}' ({open.First().Value.Id}) is open",
                _ => null,
            };
            if (wrong is not null)
            {
                throw new RealtimeAssertionException($"Run '{run}', {e.Id}: {wrong}.");
            }

            if (e is ToolExecuting executing)
            {
                open.Add(executing.CallId, executing);
            }

            end = e is AgentCompleted or AgentFailed ? e : null;
        }

        if (end is null)
        {
            throw new RealtimeAssertionException($"Run '{run}' has no terminal event; its last is {events[^1].Type} ({events[^1].Id}).");
        }
    }
}
