using Netra.Realtime.Client.Feed;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Connections;

/// <summary>What the messages of one connection do: control messages at once, the rest in order through the queue.</summary>
internal sealed class ServerMessageHandler(
    ClientConnection connection,
    EventIntake intake,
    ReceiveQueue queue,
    EventFilter filter,
    TimeProvider time,
    Action<WelcomeMessage> onWelcome) : IDisposable
{
    // Of the message that says the filter for which a URL has no words.
    private const string FilterReference = "filter";

    private SilenceWatch? _watch;
    private bool _filtersHere; // until the server has said that it does
    private long _welcomedAt;
    private TimeSpan _goAway;

    public async ValueTask HandleAsync(ServerMessage? message, int bytes, CancellationToken cancellationToken)
    {
        switch (message)
        {
            case ReplyMessage { Ref: FilterReference }:
                _filtersHere = false;
                return;
            case ReplyMessage reply:
                connection.Replies.Accept(reply);
                return;
            case PongMessage pong:
                connection.Replies.Accept(pong);
                return;
            case ErrorMessage error:
                connection.Replies.Refuse(error);
                return;
            case GoAwayMessage goAway:
                _goAway = TimeSpan.FromMilliseconds(Math.Clamp(goAway.ReconnectInMs, 0, (long)TimeSpan.FromHours(1).TotalMilliseconds));
                return;
        }

        EventIntake.Mark before = intake.Position;
        FeedItem? item = message switch
        {
            null => new DoubtItem(null), // it could not be read: it may have been an event
            AgentEvent e when _filtersHere && !filter.Passes(e.ThreadId, e.RunId) => intake.Cursor(new CursorMessage { Id = e.Id }),
            AgentEvent e => intake.Event(e),
            CursorMessage cursor => intake.Cursor(cursor),
            ResetMessage reset => intake.Reset(reset),
            WelcomeMessage welcome when _watch is null => Begin(welcome),
            _ => null, // another welcome
        };
        if (item is null)
        {
            return;
        }

        try
        {
            await queue.WriteAsync(item, bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            intake.Position = before; // it found no room before the connection was given up: the next one is to bring it again
            throw;
        }
    }

    /// <summary>What is known of the connection, added to how it ended.</summary>
    public ConnectionEnd Complete(ConnectionEnd end) => end with
    {
        NotSooner = _goAway > end.NotSooner ? _goAway : end.NotSooner,
        LivedFor = _watch is null ? null : time.GetElapsedTime(_welcomedAt),
        IsGivenUp = _watch is null && end.Reason.Code == CloseReason.Abnormal.Code,
    };

    public void Dispose() => _watch?.Dispose();

    private WelcomeItem Begin(WelcomeMessage welcome)
    {
        WelcomeItem item = intake.Welcome(welcome, filter);
        _welcomedAt = time.GetTimestamp();
        _watch = new SilenceWatch(connection, welcome.Heartbeat, () => queue.IsFull, time);
        if (filter.HasEmpty)
        {
            // No query parameter says "none": it is asked for now, first of all, and by each welcome.
            _filtersHere = true;
            connection.TrySend(OutgoingMessage.Subscribe(FilterReference, filter));
        }

        onWelcome(welcome);
        return item;
    }
}
