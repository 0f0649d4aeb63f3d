using Netra.Realtime.Client.Feed;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Connections;

/// <summary>What the messages of one connection do: control messages at once, the rest in order through the queue.</summary>
internal sealed class ServerMessageHandler(
    ClientConnection connection,
    EventIntake intake,
    ReceiveQueue queue,
    EventFilter askedFor,
    TimeProvider time,
    Func<WelcomeMessage, EventFilter> onWelcome) : IDisposable
{
    /// <summary>Of the message that says the filter where the URL did not: it has changed since, or a URL has no words for it.</summary>
    public const string FilterReference = "filter";

    private SilenceWatch? _watch;
    private EventFilter? _filtersHere; // until the server has answered
    private long _welcomedAt;
    private TimeSpan _goAway;

    public async ValueTask HandleAsync(ServerMessage? message, int bytes, CancellationToken cancellationToken)
    {
        switch (message)
        {
            case ReplyMessage { Ref: FilterReference } or ErrorMessage { Ref: FilterReference }:
                _filtersHere = null;
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
            AgentEvent e when _filtersHere?.Passes(e.ThreadId, e.RunId) == false => intake.Cursor(new CursorMessage { Id = e.Id }),
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
        int generation = intake.Welcome(welcome);
        _welcomedAt = time.GetTimestamp();
        _watch = new SilenceWatch(connection, welcome.Heartbeat, () => queue.IsFull, time);
        EventFilter filter = onWelcome(welcome);
        _filtersHere = filter.IsSaidBy(askedFor) ? null : filter;
        return new WelcomeItem(welcome, filter, askedFor, generation);
    }
}
