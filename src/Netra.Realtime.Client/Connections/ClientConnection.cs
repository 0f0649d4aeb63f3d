using System.Net.WebSockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Connections;

/// <summary>One open socket: a loop that reads it, a loop that writes it, and one end.</summary>
/// <remarks><see cref="RunAsync"/> once; everything else from any thread.</remarks>
internal sealed class ClientConnection : IDisposable
{
    // What the protocol itself sends beside the messages that wait for a reply: an ack, a ping, a subscribe.
    private const int OwnMessages = 8;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly WebSocket _socket;
    private readonly int _maxMessageBytes;
    private readonly ILogger _logger;
    private readonly Channel<byte[]> _outbox;
    private readonly CancellationTokenSource _aborted;

    // Set before the outbox is completed, which the write loop sees after it.
    private WebSocketCloseStatus _closeWith = WebSocketCloseStatus.NormalClosure;
    private volatile bool _dropsUnsent;
    private int _isEnding; // 1 once it is
    private ConnectionEnd? _givenUp; // the first one stays
    private int _heard;

    public ClientConnection(WebSocket ownedSocket, RealtimeClientOptions options, ILogger logger)
    {
        _socket = ownedSocket;
        _maxMessageBytes = options.MaxMessageBytes;
        _logger = logger;
        _aborted = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.TimeProvider);
        Replies = new PendingReplies(options.MaxPendingReplies);
        _outbox = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(options.MaxPendingReplies + OwnMessages) { SingleReader = true });
    }

    public PendingReplies Replies { get; }

    /// <summary>Whether nothing can be sent any more.</summary>
    public bool IsEnding => Volatile.Read(ref _isEnding) == 1;

    /// <summary>Rises with every message that comes, and when one that had to wait for room has found it.</summary>
    public int Heard => Volatile.Read(ref _heard);

    /// <summary>Puts a whole message into the queue of the socket.</summary>
    /// <returns>False when the queue is full or the connection ends.</returns>
    public bool TrySend(byte[] message) => _outbox.Writer.TryWrite(message);

    /// <summary>Ends in order: what is queued is sent, then the close frame, and what comes until the server's is left to the handler.</summary>
    public void Close() => BeginEnd();

    /// <summary>Ends at once, because nobody seems to be there.</summary>
    public void GiveUp(ConnectionEnd end)
    {
        Interlocked.CompareExchange(ref _givenUp, end, null);
        _socket.Abort();
        AbortAfter(TimeSpan.Zero);
    }

    /// <summary>Hands each message to the handler, one at a time, until the end. A message that cannot be read is null.</summary>
    public async Task<ConnectionEnd> RunAsync(Func<ServerMessage?, int, CancellationToken, ValueTask> handle)
    {
        Task writing = WriteAsync();
        ConnectionEnd end = await ReadAsync(handle).ConfigureAwait(false);
        _dropsUnsent = true;
        BeginEnd();
        await writing.ConfigureAwait(false);
        Replies.End();
        return Volatile.Read(ref _givenUp) ?? end;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _aborted.Dispose();
    }

    private async Task<ConnectionEnd> ReadAsync(Func<ServerMessage?, int, CancellationToken, ValueTask> handle)
    {
        using MessageReader reader = new(_socket, _maxMessageBytes);
        try
        {
            while (true)
            {
                ReadOutcome outcome = await reader.ReadAsync(_aborted.Token).ConfigureAwait(false);
                switch (outcome)
                {
                    case ReadOutcome.Closed:
                        return new ConnectionEnd(ReasonOf(_socket));
                    case ReadOutcome.TooBig:
                        _closeWith = WebSocketCloseStatus.MessageTooBig;
                        return new ConnectionEnd(CloseReason.MessageTooBig);
                }

                Interlocked.Increment(ref _heard);
                if (TryRead(outcome, reader.Message.Span, out ServerMessage? message) && message is null)
                {
                    continue; // a control message of a later version
                }

                await handle(message, reader.Message.Length, _aborted.Token).ConfigureAwait(false);
                Interlocked.Increment(ref _heard);
            }
        }
        catch (WebSocketException e) when (e.WebSocketErrorCode is WebSocketError.Faulted or WebSocketError.InvalidMessageType)
        {
            return new ConnectionEnd(CloseReason.ProtocolError) { Cause = e }; // the peer broke RFC 6455, and the socket has said so
        }
        catch (Exception e) when (IsOfTheLine(e))
        {
            return ConnectionEnd.Lost(e);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (byte[] message in _outbox.Reader.ReadAllAsync(_aborted.Token).ConfigureAwait(false))
            {
                if (_dropsUnsent)
                {
                    break;
                }

                await _socket.SendAsync(message.AsMemory(), WebSocketMessageType.Text, endOfMessage: true, _aborted.Token).ConfigureAwait(false);
            }

            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await _socket.CloseOutputAsync(_closeWith, null, _aborted.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (IsOfTheLine(e))
        {
            BeginEnd(); // not at once: why the server left may still lie there to be read
        }
    }

    // Whatever happens now has a bound.
    private void BeginEnd()
    {
        if (Interlocked.Exchange(ref _isEnding, 1) == 0)
        {
            AbortAfter(CloseTimeout);
            _outbox.Writer.TryComplete();
        }
    }

    private void AbortAfter(TimeSpan delay)
    {
        try
        {
            _aborted.CancelAfter(delay);
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }

    // A message that is not what it should be is worth less than the connection.
    private bool TryRead(ReadOutcome outcome, ReadOnlySpan<byte> utf8, out ServerMessage? message)
    {
        message = null;
        try
        {
            if (outcome == ReadOutcome.Text)
            {
                message = ServerMessageReader.Read(utf8);
                return true;
            }

            ClientLog.UnreadableMessage(_logger, null);
        }
        catch (RealtimeProtocolException e)
        {
            ClientLog.UnreadableMessage(_logger, e);
        }

        return false;
    }

    private static CloseReason ReasonOf(WebSocket socket)
    {
        int code = (int)(socket.CloseStatus ?? WebSocketCloseStatus.Empty);
        return new CloseReason(code, socket.CloseStatusDescription ?? "", CloseReason.ActionFor(code));
    }

    private static bool IsOfTheLine(Exception e) =>
        e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException;
}
