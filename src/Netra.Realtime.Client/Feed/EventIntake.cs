using System.Runtime.InteropServices;
using Netra.Realtime.Client.Connections;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Feed;

/// <summary>The socket's side of the events: takes each once, and knows after which to resume.</summary>
/// <remarks>Used by the connection loop only, but for <see cref="Generation"/>.</remarks>
internal sealed class EventIntake(EventId lastEventId, StartPosition start)
{
    private EventId _last = lastEventId;
    private EventId _former; // the last one before the server began anew
    private int _generation;

    /// <summary>After which event to resume: the last received one, read by the application or not, so that none is received twice.</summary>
    /// <remarks>As long as nothing of a new beginning has come it is the old one: what a cut takes from the client counts as delivered, so that
    /// the server has to say again that events were lost.</remarks>
    public EventId ResumeAfter => _last.IsEmpty ? _former : _last;

    /// <summary>Rises whenever what was remembered no longer says what is new. Any thread.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>What is known; set back when what was taken last could not be handed on.</summary>
    public Mark Position
    {
        get => new(_last, _former, _generation);
        set
        {
            (_last, _former) = (value.Last, value.Former);
            Volatile.Write(ref _generation, value.Generation);
        }
    }

    /// <returns>The generation of what follows.</returns>
    public int Welcome(WelcomeMessage message)
    {
        // Not resumed, the server begins anew: with events that were perhaps received before (the open runs again), or with another epoch.
        if (!message.Resumed)
        {
            _former = ResumeAfter;
            _last = start == StartPosition.Live ? message.LastEventId : default; // live begins at the head, so that is known
            Interlocked.Increment(ref _generation);
        }

        return _generation;
    }

    public ResetItem Reset(ResetMessage message)
    {
        _last = message.LastEventId;
        return new ResetItem(message, Interlocked.Increment(ref _generation));
    }

    /// <returns>What to hand on; null for what was received before.</returns>
    public FeedItem? Event(AgentEvent message)
    {
        EventId to = message.Id;
        EventId from = message.First is { } first && first.SameEpoch(to) && first.Sequence < to.Sequence ? first : to;
        if (_last.SameEpoch(to) && from.Sequence <= _last.Sequence)
        {
            // A range that is known in part cannot be cut here: rather a gap that is told than text twice.
            return to.Sequence > _last.Sequence ? new DoubtItem(message.RunId) : null;
        }

        _last = to;
        return new EventItem(message, from);
    }

    /// <returns>What to hand on; null for one that goes back.</returns>
    public CursorItem? Cursor(CursorMessage message)
    {
        if (_last.SameEpoch(message.Id) && message.Id.Sequence < _last.Sequence)
        {
            return null;
        }

        _last = message.Id;
        return new CursorItem(message.Id);
    }

    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Mark(EventId Last, EventId Former, int Generation);
}
