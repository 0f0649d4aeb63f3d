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
    private SilenceWatch? _watch;
    private long _welcomedAt;
    private TimeSpan _goAway;

    public async ValueTask HandleAsync(ServerMessage? message, int bytes, CancellationToken cancellationToken)
    {
        switch (message)
        {
            case ReplyMessage reply:
                connection.Replies.Accept(reply);
                return;
            case ErrorMessage error:
                connection.Replies.Refuse(error);
                return;
            case GoAwayMessage goAway:
                _goAway = TimeSpan.FromMilliseconds(Math.Clamp(goAway.ReconnectInMs, 0, (long)TimeSpan.FromHours(1).TotalMilliseconds));
                return;
        }

        FeedItem? item = message switch
        {
            null => new DoubtItem(null), // it could not be read: it may have been an event
            AgentEvent e => intake.Event(e),
            CursorMessage cursor => intake.Cursor(cursor),
            ResetMessage reset => intake.Reset(reset),
            WelcomeMessage welcome when _watch is null => Begin(welcome),
            _ => null, // a pong: that something came is all it says
        };
        if (item is not null)
        {
            await queue.WriteAsync(item, bytes, cancellationToken).ConfigureAwait(false);
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
            // No query parameter says "none": asked for again, and when that is lost, the next welcome asks.
            connection.TrySend(OutgoingMessage.Write("subscribe", null, json => OutgoingMessage.WriteFilter(json, filter)));
        }

        onWelcome(welcome);
        return item;
    }
}
