using Microsoft.Extensions.Logging;
using Netra.Realtime.Client.Runs;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using EventId = Netra.Realtime.Protocol.EventId; // not the one of logging

namespace Netra.Realtime.Client.Feed;

/// <summary>The application's side of the events: shows them in the view, and counts one as handled when the next is asked for.</summary>
/// <remarks>Used by the one enumeration that runs, but for <see cref="LastHandled"/>, <see cref="Generation"/> and <see cref="WasHandedOut"/>.</remarks>
internal sealed class EventReader(RunsView runs, Acknowledger acknowledger, RealtimeClientOptions options)
{
    private readonly ILogger _logger = SafeLogger.Of(options.LoggerFactory.CreateLogger<RealtimeClient>());

    // _gate guards the two positions, which are too wide to be read whole without it.
    private readonly Lock _gate = new();
    private EventId _handled = options.LastEventId;
    private EventId _handedOut = options.LastEventId;
    private int _generation;

    private EventId _inHand; // the event that the application has, until it asks for the next
    private EventId? _replayHead; // the head of the log at the welcome, until the replay has reached it
    private string? _userId;

    /// <summary>Everything up to it is handled.</summary>
    public EventId LastHandled
    {
        get
        {
            lock (_gate)
            {
                return _handled;
            }
        }
    }

    /// <summary>Of the events that were read last: that of the intake, unless a reset waits in between.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Whether the application has had the event, since the last reset.</summary>
    public bool WasHandedOut(EventId id)
    {
        lock (_gate)
        {
            return id.SameEpoch(_handedOut) && id.Sequence <= _handedOut.Sequence;
        }
    }

    /// <summary>The application is done with the event that it had.</summary>
    public void FinishLast()
    {
        if (_inHand.IsEmpty)
        {
            return;
        }

        EventId done = _inHand;
        _inHand = default;
        lock (_gate)
        {
            _handled = done;
        }

        if (options.AcknowledgeAutomatically)
        {
            acknowledger.Handled(done);
        }
    }

    /// <returns>The event to hand out; null for what is not one.</returns>
    public async ValueTask<AgentEvent?> ReadAsync(FeedItem item, CancellationToken cancellationToken)
    {
        switch (item)
        {
            case EventItem received:
                HandOut(received);
                return received.Event;
            case CursorItem cursor:
                Skip(cursor.Id);
                break;
            case DoubtItem doubt:
                Changed(runs.Doubt(doubt.Run));
                break;
            case WelcomeItem begin:
                await BeginAsync(begin, cancellationToken).ConfigureAwait(false);
                break;
            case ResetItem { Reset: var reset, Generation: var generation }:
                Begin(generation, reset.LastEventId);
                IReadOnlyList<RunId> concerned = runs.Reset(reset.Runs);
                await TellAsync(reset.Reason, cancellationToken).ConfigureAwait(false);
                Changed(concerned);
                break;
        }

        return null;
    }

    private async ValueTask BeginAsync(WelcomeItem item, CancellationToken cancellationToken)
    {
        WelcomeMessage welcome = item.Welcome;
        if (_userId is not null && _userId != welcome.UserId)
        {
            runs.Clear(); // another user signed in: nothing of the former stays
        }

        _userId = welcome.UserId;
        _replayHead = welcome.LastEventId;
        if (welcome.Resumed)
        {
            acknowledger.Resume();
        }
        else
        {
            Begin(item.Generation, options.Start == StartPosition.Live ? welcome.LastEventId : default);
        }

        IReadOnlyList<RunId> changed = runs.Begin(welcome, options.Start == StartPosition.OpenRuns, item.Filter, item.AskedFor);
        if (!welcome.Resumed && welcome.Reset is { } reason)
        {
            await TellAsync(reason, cancellationToken).ConfigureAwait(false);
        }

        Changed(changed);
    }

    private void Begin(int generation, EventId position)
    {
        acknowledger.Forget(); // the new position was not sent to us: to acknowledge it now would be refused
        lock (_gate)
        {
            (_handled, _handedOut) = (position, position);
        }

        Volatile.Write(ref _generation, generation);
    }

    private void HandOut(EventItem item)
    {
        AgentEvent received = item.Event;
        Reached(received.Id, 1);
        lock (_gate)
        {
            _handedOut = received.Id;
        }

        _inHand = received.Id;
        if (runs.Apply(received, item.From))
        {
            Changed([received.RunId!.Value]); // only an event of a run changes one
        }
    }

    private void Skip(EventId to)
    {
        lock (_gate)
        {
            (_handled, _handedOut) = (to, to);
        }

        if (options.AcknowledgeAutomatically)
        {
            acknowledger.Skipped(to); // else the application may not be done with what came before
        }

        Reached(to, 0);
    }

    // A cursor can also come in the middle of a replay (after many skipped events), so the replay is over when a cursor reaches the
    // head of the welcome, or an event is beyond it.
    private void Reached(EventId at, int beyond)
    {
        if (_replayHead is not { } head || (at.SameEpoch(head) && at.Sequence - beyond < head.Sequence))
        {
            return;
        }

        _replayHead = null;
        Changed(runs.EndReplay());
    }

    private void Changed(IReadOnlyList<RunId> changed)
    {
        if (changed.Count == 0)
        {
            return;
        }

        try
        {
            options.OnRunsChanged?.Invoke(changed);
        }
        catch (Exception e) // the application's: the event that it comes with is handed out all the same
        {
            ClientLog.CallbackFailed(_logger, e, nameof(RealtimeClientOptions.OnRunsChanged));
        }
    }

    private ValueTask TellAsync(ResetReason reason, CancellationToken cancellationToken) =>
        options.OnReset?.Invoke(reason, cancellationToken) ?? ValueTask.CompletedTask;
}
