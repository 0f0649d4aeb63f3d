using System.Text.Json;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Connections;

/// <summary>A client message and the means to answer it. Valid until the handler returns; not safe for concurrent use.</summary>
public sealed class ClientMessageContext
{
    internal ClientMessageContext(RealtimeConnection connection, ApplicationMessage message, IServiceProvider services)
    {
        User = connection.User;
        Client = connection.Client;
        ConnectionId = connection.Id;
        ConnectionClosed = connection.Closed;
        ThreadId = message.ThreadId;
        RunId = message.RunId;
        Services = services;
    }

    /// <summary>Who sent it: the identity that the connection was accepted with.</summary>
    public UserId User { get; }

    /// <summary>The client instance, if it named itself.</summary>
    public ClientId? Client { get; }

    /// <summary>The connection that it came on.</summary>
    public ConnectionId ConnectionId { get; }

    /// <summary>The <c>thread_id</c> of the message. The client's word: that it is a thread of this user is for the handler to check.</summary>
    public ThreadId? ThreadId { get; }

    /// <summary>The <c>run_id</c> of the message. The client's word: that it is a run of this user is for the handler to check.</summary>
    public RunId? RunId { get; }

    /// <summary>The services of this message: a scope of its own.</summary>
    public IServiceProvider Services { get; }

    /// <summary>Cancelled when the connection closes. A run that should outlive the connection must not use it.</summary>
    public CancellationToken ConnectionClosed { get; }

    internal ClientMessageAnswer Answer { get; private set; }

    /// <summary>Answers with data: sent as <c>reply</c> when the handler has returned, if the message carried a <c>ref</c>.</summary>
    /// <param name="data">The data; copied, and sanitized like the payload of an event. Above the largest event it is answered with <c>internal</c>.</param>
    public void Reply(JsonElement data) => Answer = new ClientMessageAnswer(data.Clone());

    /// <summary>Answers that the message is refused: sent as <c>error</c> when the handler has returned.</summary>
    /// <param name="code">One of <see cref="ErrorCodes"/>, or a code of the application.</param>
    /// <param name="message">A sentence for a developer; never internals. Cut to the length of an error message.</param>
    public void Refuse(string code, string message)
    {
        ArgumentException.ThrowIfNullOrEmpty(code);
        ArgumentNullException.ThrowIfNull(message);
        Answer = new ClientMessageAnswer(null, code, message);
    }
}
