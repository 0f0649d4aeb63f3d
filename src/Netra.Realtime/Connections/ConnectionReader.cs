using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Connections;

/// <summary>Reads one connection: limits, envelope, then what the message asks for. Bad input costs one message or this connection, nothing else.</summary>
internal sealed class ConnectionReader(
    RealtimeConnection connection,
    IWebSocketTransport transport,
    ClientMessageTable handlers,
    IServiceScopeFactory scopes,
    ConnectionSettings settings,
    TimeProvider time,
    ILogger logger,
    RealtimeMetrics metrics)
{

    // Most clients only read: what handles their messages is made with the first of them.
    private TokenBucket? _rate;
    private TokenBucket? _bytes;
    private HandlerQueue? _queue;
    private bool _warnedOfRate;

    /// <summary>Reads until the peer is gone or the connection closes. Sees to it that a close has begun.</summary>
    public async Task RunAsync()
    {
        CloseReason? reason = null;
        try
        {
            while (reason is null && connection.CloseReason is null)
            {
                ReceivedMessage message = await transport.ReceiveAsync(settings.Limits.MaxMessageBytes, CancellationToken.None).ConfigureAwait(false);
                connection.Heartbeat?.Received(message);
                reason = message.Kind switch
                {
                    ReceivedKind.Text => HandleSafely(message),
                    ReceivedKind.Binary => CloseReason.BinaryNotAccepted,
                    ReceivedKind.Pong => null,
                    ReceivedKind.Close => CloseReason.Normal,
                    _ => CloseReason.Abnormal,
                };
                if (message.Kind is ReceivedKind.Close or ReceivedKind.Ended)
                {
                    connection.Close(reason!); // set above for both kinds
                    return;
                }
            }
        }
        catch (RealtimeProtocolException e)
        {
            reason = e.CloseReason;
        }
        catch (Exception e)
        {
            // A transport that throws anything else is a connection that is gone.
            ConnectionsLog.ReadFailed(logger, connection.Id.Value, e.GetType().Name);
            connection.Close(CloseReason.Abnormal);
            return;
        }

        // The answer has to arrive: what still comes is read and thrown away until the peer leaves or the close gives up on it.
        connection.Close(reason ?? CloseReason.Normal);
        try
        {
            await transport.DrainAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // As above.
            ConnectionsLog.ReadFailed(logger, connection.Id.Value, e.GetType().Name);
        }
    }

    private CloseReason? HandleSafely(in ReceivedMessage received)
    {
        try
        {
            return Handle(received);
        }
        catch (Exception e)
        {
            // Nothing in there throws for what a peer sends: this is a fault of ours, and costs this connection.
            ConnectionsLog.HandlingFailed(logger, e, connection.Id.Value);
            return CloseReason.InternalError;
        }
    }

    private CloseReason? Handle(in ReceivedMessage received)
    {
        metrics.MessageReceived();
        connection.NoteActive();
        bool isTooMany = IsTooMany(received.Payload.Length);
        if (isTooMany && _warnedOfRate)
        {
            return CloseReason.RateLimit;
        }

        _warnedOfRate |= isTooMany;
        if (!ClientMessageReader.TryRead(received.Payload, settings.Limits.MaxFilterEntries, out ClientMessage? message, out ErrorMessage? error))
        {
            connection.Refuse(isTooMany ? TooMany(error.Ref) : error);
            return null;
        }

        if (isTooMany)
        {
            connection.Refuse(TooMany(message.Ref));
            return null;
        }

        switch (message)
        {
            case AckMessage ack when !connection.TryAcknowledge(ack.Id):
                connection.Refuse(new ErrorMessage { Ref = ack.Ref, Code = ErrorCodes.BadRequest, Message = "This connection was not sent that id." });
                break;
            case PingMessage ping:
                connection.Send(new PongMessage { Ref = ping.Ref });
                break;
            case SubscribeMessage subscribe:
                connection.Subscribe(subscribe);
                Reply(subscribe.Ref);
                break;
            case ApplicationMessage application:
                HandleByTable(application);
                break;
            default:
                Reply(message.Ref);
                break;
        }

        return null;
    }

    // Both buckets pay for each message: a large one that is refused for its bytes is a message all the same.
    private bool IsTooMany(long bytes)
    {
        LimitOptions limits = settings.Limits;
        _rate ??= new TokenBucket(limits.MessageBurst, limits.MessagesPerSecond, time);
        _bytes ??= new TokenBucket(Math.Max(limits.BytesBurst, limits.MaxMessageBytes), limits.BytesPerSecond, time);
        _warnedOfRate &= !(_rate.IsFull && _bytes.IsFull); // full buckets are behaviour good enough for another warning
        return !_rate.TryTake() | !_bytes.TryTake(bytes);
    }

    private void HandleByTable(ApplicationMessage message)
    {
        switch (handlers.Find(message.Type))
        {
            case null:
                connection.Refuse(new ErrorMessage { Ref = message.Ref, Code = ErrorCodes.UnknownType, Message = "Nothing handles messages of this type." });
                break;
            case { Immediate: { } answer }:
                // The library's own: it is quick, and must not wait behind a handler that is not.
                connection.Answer(message.Ref, answer(connection.User, message));
                break;
            case { Handler: { } handler } when !(_queue ??= new(connection, scopes, settings.Limits.MaxWaitingMessages, logger)).TryAdd(message, handler):
                connection.Refuse(new ErrorMessage { Ref = message.Ref, Code = ErrorCodes.LimitExceeded, Message = "Too many messages wait for their handlers." });
                break;
        }
    }

    private void Reply(string? reference) => connection.Answer(reference, default);

    private ErrorMessage TooMany(string? reference) =>
        new() { Ref = reference, Code = ErrorCodes.RateLimited, Message = $"At most {settings.Limits.MessagesPerSecond} messages and {settings.Limits.BytesPerSecond} bytes a second." };
}
