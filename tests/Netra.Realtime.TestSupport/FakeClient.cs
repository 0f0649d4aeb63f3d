using System.Text;
using Netra.Realtime.Protocol;
using Netra.Realtime.Testing;

namespace Netra.Realtime.TestSupport;

/// <summary>The far end of an in-memory connection. By default it answers a close, as every WebSocket stack does.</summary>
internal sealed class FakeClient
{
    private readonly Task _answering;

    public FakeClient(InMemoryTransport transport, Func<Task<CloseReason>> run, bool answersClose)
    {
        Transport = transport;
        _answering = answersClose ? AnswerAsync() : Task.CompletedTask;
        Run = run();
    }

    public InMemoryTransport Transport { get; }

    /// <summary>The server's side: ends with the reason when the connection is over.</summary>
    public Task<CloseReason> Run { get; }

    public void Send(string message) => Transport.ClientSend(message);

    public void SendRaw(byte[] message) => Transport.ClientSend(message);

    /// <summary>The next message; fails when the connection ends instead.</summary>
    public async Task<ServerMessage> NextAsync()
    {
        byte[] message = await Transport.Outbound.ReadAsync().OrFail();
        return ServerMessageReader.Read(message) ?? throw new InvalidOperationException(Encoding.UTF8.GetString(message));
    }

    public async Task<T> NextAsync<T>()
        where T : ServerMessage
    {
        ServerMessage message = await NextAsync();
        return message as T ?? throw new InvalidOperationException($"{typeof(T).Name} was expected, {message} came.");
    }

    /// <summary>Reads past everything else to the next of a kind.</summary>
    public async Task<T> UntilAsync<T>()
        where T : ServerMessage
    {
        while (true)
        {
            if (await NextAsync() is T found)
            {
                return found;
            }
        }
    }

    /// <summary>The welcome and the cursor that ends the replay, and the events between them.</summary>
    public async Task<(WelcomeMessage Welcome, List<AgentEvent> Replay)> StartedAsync()
    {
        WelcomeMessage welcome = await NextAsync<WelcomeMessage>();
        List<AgentEvent> replay = [];
        while (true)
        {
            ServerMessage message = await NextAsync();
            if (message is CursorMessage)
            {
                return (welcome, replay);
            }
            replay.Add((AgentEvent)message);
        }
    }

    /// <summary>A ping and its pong: what was sent before it has been looked at.</summary>
    public async Task RoundTripAsync()
    {
        string reference = Guid.NewGuid().ToString("N");
        Send($$"""{"type":"ping","ref":"{{reference}}"}""");
        while ((await UntilAsync<PongMessage>()).Ref != reference)
        {
        }
    }

    /// <summary>Everything that still comes, to the end.</summary>
    public async Task<List<ServerMessage>> ToEndAsync()
    {
        List<ServerMessage> messages = [];
        while (await Transport.Outbound.WaitToReadAsync().OrFail())
        {
            while (Transport.Outbound.TryRead(out byte[]? message))
            {
                messages.Add(ServerMessageReader.Read(message)!); // a server sends nothing that its own reader does not know
            }
        }
        return messages;
    }

    public async Task<CloseReason> EndedAsync()
    {
        CloseReason reason = await Run.OrFail();
        await _answering.OrFail();
        return reason;
    }

    private async Task AnswerAsync()
    {
        await Transport.Closed;
        Transport.ClientClose();
    }
}
