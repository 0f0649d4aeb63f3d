using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>A WebSocket client that reads all the time and keeps what it got.</summary>
public sealed class TestClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket;
    private readonly Channel<ServerMessage> _messages = Channel.CreateUnbounded<ServerMessage>();
    private readonly ConcurrentQueue<string> _texts = new();
    private readonly Task _reading;
    private readonly TaskCompletionSource<ClientClose> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _answersClose;

    private TestClient(ClientWebSocket socket, bool answersClose)
    {
        _socket = socket;
        _answersClose = answersClose;
        _reading = ReadAsync();
    }

    /// <summary>The first message; set by <see cref="ConnectAsync(RealtimeServer, string, string, Action{ClientWebSocketOptions}?)"/>.</summary>
    public WelcomeMessage Welcome { get; private set; } = null!;

    public string? SubProtocol => _socket.SubProtocol;

    /// <summary>Everything that came, as it came.</summary>
    public IReadOnlyCollection<string> Texts => _texts;

    /// <summary>How the connection ended.</summary>
    public Task<ClientClose> Closed => _closed.Task.OrFail();

    public bool IsOpen => !_closed.Task.IsCompleted;

    /// <summary>Connects and reads the welcome.</summary>
    public static async Task<TestClient> ConnectAsync(RealtimeServer server, string user, string query = "", Action<ClientWebSocketOptions>? configure = null)
    {
        TestClient client = await OpenAsync(server, user, query, configure);
        client.Welcome = Assert.IsType<WelcomeMessage>(await client.NextAsync());
        return client;
    }

    /// <summary>Connects; a welcome may come or not.</summary>
    public static Task<TestClient> OpenAsync(
        RealtimeServer server, string? user, string query = "", Action<ClientWebSocketOptions>? configure = null, bool answersClose = true)
    {
        return OpenAsync(
            new UriBuilder(server.WebSocket) { Query = query }.Uri,
            options =>
            {
                if (user is not null)
                {
                    options.SetRequestHeader(TestAuthentication.UserHeader, Uri.EscapeDataString(user));
                }

                configure?.Invoke(options);
            },
            null,
            answersClose);
    }

    public static async Task<TestClient> OpenAsync(Uri address, Action<ClientWebSocketOptions> configure, HttpMessageInvoker? invoker = null, bool answersClose = true)
    {
        ClientWebSocket socket = new();
        configure(socket.Options);
        try
        {
            await socket.ConnectAsync(address, invoker, CancellationToken.None).OrFail();
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new TestClient(socket, answersClose);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text);

    public Task SendAsync(byte[] message, WebSocketMessageType type, bool endOfMessage = true) =>
        _socket.SendAsync(message, type, endOfMessage, CancellationToken.None).OrFail();

    /// <summary>The next message of any kind.</summary>
    public async Task<ServerMessage> NextAsync()
    {
        try
        {
            return await _messages.Reader.ReadAsync().OrFail();
        }
        catch (ChannelClosedException e)
        {
            throw new InvalidOperationException($"There is no next message: {await Closed}.", e);
        }
    }

    /// <summary>The next control message of a kind; other control messages are skipped, an event is a failure.</summary>
    public async Task<T> NextControlAsync<T>()
        where T : ControlMessage
    {
        while (true)
        {
            ServerMessage message = await NextAsync();
            if (message is T wanted)
            {
                return wanted;
            }

            Assert.IsNotAssignableFrom<AgentEvent>(message);
        }
    }

    /// <summary>The next event; control messages are skipped.</summary>
    public async Task<AgentEvent> NextEventAsync()
    {
        while (true)
        {
            if (await NextAsync() is AgentEvent next)
            {
                return next;
            }
        }
    }

    public async Task<IReadOnlyList<AgentEvent>> NextEventsAsync(int count)
    {
        List<AgentEvent> events = [];
        while (events.Count < count)
        {
            events.Add(await NextEventAsync());
        }

        return events;
    }

    /// <summary>The events up to and with the first that fits; control messages are skipped.</summary>
    public async Task<IReadOnlyList<AgentEvent>> ReadUntilAsync(Func<AgentEvent, bool> isLast)
    {
        List<AgentEvent> events = [];
        do
        {
            events.Add(await NextEventAsync());
        }
        while (!isLast(events[^1]));
        return events;
    }

    public Task<IReadOnlyList<AgentEvent>> ReadRunAsync() => ReadUntilAsync(static e => e is AgentCompleted or AgentFailed);

    /// <summary>Proof that nothing else was on its way: what was written before the answer to this ping has come before it.</summary>
    /// <returns>What came before, but for the control message <c>cursor</c>.</returns>
    public async Task<IReadOnlyList<ServerMessage>> PingAsync(string reference = "ping")
    {
        await SendAsync($$"""{"type":"ping","ref":"{{reference}}"}""");
        List<ServerMessage> before = [];
        while (true)
        {
            ServerMessage message = await NextAsync();
            if (message is PongMessage pong)
            {
                Assert.Equal(reference, pong.Ref);
                return before;
            }

            if (message is not CursorMessage)
            {
                before.Add(message); // where it is, is told whenever the server likes
            }
        }
    }

    /// <summary>Events that have come and that nobody has asked for; for after the end.</summary>
    public async Task<IReadOnlyList<AgentEvent>> RestAsync()
    {
        await Closed;
        List<AgentEvent> rest = [];
        await foreach (ServerMessage message in _messages.Reader.ReadAllAsync())
        {
            if (message is AgentEvent next)
            {
                rest.Add(next);
            }
        }

        return rest;
    }

    /// <summary>Leaves in order.</summary>
    public async Task<ClientClose> CloseAsync()
    {
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None).OrFail();
        return await Closed;
    }

    /// <summary>Leaves as if the line were cut.</summary>
    public void Abort() => _socket.Abort();

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading.OrFail();
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        ArrayBufferWriter<byte> message = new();
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult result = await _socket.ReceiveAsync(message.GetMemory(4096), CancellationToken.None);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    if (_answersClose && _socket.State == WebSocketState.CloseReceived)
                    {
                        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
                    }

                    _closed.TrySetResult(new ClientClose((int?)_socket.CloseStatus, _socket.CloseStatusDescription));
                    return;
                }

                message.Advance(result.Count);
                if (result.EndOfMessage)
                {
                    Keep(message.WrittenSpan);
                    message.ResetWrittenCount();
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException or IOException)
        {
            _closed.TrySetResult(new ClientClose((int?)_socket.CloseStatus, _socket.CloseStatusDescription));
        }
        catch (Exception e)
        {
            _closed.TrySetException(e); // a message that is not of the protocol: the test fails on it
        }
        finally
        {
            _messages.Writer.TryComplete();
        }
    }

    private void Keep(ReadOnlySpan<byte> utf8)
    {
        _texts.Enqueue(Encoding.UTF8.GetString(utf8));
        if (ServerMessageReader.Read(utf8) is { } message)
        {
            _messages.Writer.TryWrite(message);
        }
    }
}
