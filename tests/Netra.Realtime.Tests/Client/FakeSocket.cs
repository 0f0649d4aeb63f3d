using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Client;

/// <summary>A socket of the client, as its server sees it.</summary>
internal sealed class FakeSocket : WebSocket
{
    private readonly Channel<object> _incoming = Channel.CreateUnbounded<object>();
    private readonly Channel<int> _reads = Channel.CreateUnbounded<int>();
    private readonly Channel<JsonElement> _sent = Channel.CreateUnbounded<JsonElement>();
    private readonly TaskCompletionSource<WebSocketCloseStatus> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _isRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ReadOnlyMemory<byte> _rest;
    private WebSocketMessageType _type;
    private WebSocketState _state = WebSocketState.Open;
    private readonly Channel<int> _asks = Channel.CreateUnbounded<int>();
    private int _delivered;
    private int _asked;
    private WebSocketCloseStatus? _status;
    private string? _description;

    /// <summary>With what the client closed.</summary>
    public Task<WebSocketCloseStatus> Closed => _closed.Task.OrFail();

    /// <summary>When the client has it and reads.</summary>
    public Task IsRead => _isRead.Task.OrFail();

    public Task Aborted => _aborted.Task.OrFail();

    /// <summary>How many messages the client has begun to read.</summary>
    public int Read => Volatile.Read(ref _delivered);

    /// <summary>When it has begun to read so many.</summary>
    public async Task ReadAsync(int messages)
    {
        while (Read < messages)
        {
            await _reads.Reader.ReadAsync().OrFail();
        }
    }

    /// <summary>When it has asked for so many, and so has done with all before the last of them.</summary>
    public async Task AskedAsync(int messages)
    {
        while (Volatile.Read(ref _asked) < messages)
        {
            await _asks.Reader.ReadAsync().OrFail();
        }
    }

    /// <summary>Writes wait until this completes.</summary>
    public Task WritesWaitFor { get; set; } = Task.CompletedTask;

    /// <summary>Whether a close of the client is answered, as every WebSocket stack does.</summary>
    public bool AnswersClose { get; set; } = true;

    public override WebSocketCloseStatus? CloseStatus => _status;

    public override string? CloseStatusDescription => _description;

    public override string? SubProtocol => "netra.v1";

    public override WebSocketState State => _state;

    public void Deliver(params string[] messages)
    {
        foreach (string message in messages)
        {
            _incoming.Writer.TryWrite((WebSocketMessageType.Text, Encoding.UTF8.GetBytes(message)));
        }
    }

    public void DeliverBinary(byte[] message) => _incoming.Writer.TryWrite((WebSocketMessageType.Binary, message));

    /// <summary>The server's close frame.</summary>
    public void End(int code, string reason = "") => _incoming.Writer.TryWrite((code, reason));

    /// <summary>The line is gone, or the server breaks RFC 6455.</summary>
    public void Break(WebSocketError error = WebSocketError.ConnectionClosedPrematurely) => _incoming.Writer.TryWrite(new WebSocketException(error));

    /// <summary>The next message of the client.</summary>
    public Task<JsonElement> SentAsync() => _sent.Reader.ReadAsync().OrFail();

    /// <summary>The next message of the client, which is of this type.</summary>
    public async Task<JsonElement> SentAsync(string type)
    {
        JsonElement message = await SentAsync();
        Assert.Equal(type, message.GetProperty("type").GetString());
        return message;
    }

    public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _isRead.TrySetResult();
        if (_rest.IsEmpty)
        {
            Interlocked.Increment(ref _asked);
            _asks.Writer.TryWrite(0);
            object next = await _incoming.Reader.ReadAsync(cancellationToken);
            switch (next)
            {
                case (int code, string reason):
                    (_status, _description, _state) = ((WebSocketCloseStatus)code, reason, WebSocketState.CloseReceived);
                    return new ValueWebSocketReceiveResult(0, WebSocketMessageType.Close, true);
                case WebSocketException e:
                    _state = WebSocketState.Aborted;
                    throw e;
                case (WebSocketMessageType type, byte[] bytes):
                    (_type, _rest) = (type, bytes);
                    Interlocked.Increment(ref _delivered);
                    _reads.Writer.TryWrite(0);
                    break;
            }
        }

        int count = Math.Min(_rest.Length, buffer.Length);
        _rest[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return new ValueWebSocketReceiveResult(count, _type, _rest.IsEmpty);
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        await WritesWaitFor.WaitAsync(cancellationToken);
        Assert.Equal((WebSocketMessageType.Text, true), (messageType, endOfMessage));
        _sent.Writer.TryWrite(JsonElement.Parse(buffer.Span));
    }

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
    {
        if (_state == WebSocketState.Open && AnswersClose)
        {
            End((int)closeStatus);
        }

        _state = _state == WebSocketState.CloseReceived ? WebSocketState.Closed : WebSocketState.CloseSent;
        _closed.TrySetResult(closeStatus);
        return Task.CompletedTask;
    }

    public override void Abort()
    {
        _state = WebSocketState.Aborted;
        _aborted.TrySetResult();
        Break();
    }

    public override void Dispose() => Abort();

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => throw new NotSupportedException();

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) => throw new NotSupportedException();
}
