using System.Diagnostics.CodeAnalysis;
using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Testing;

/// <summary>A client of <see cref="InMemoryRealtime"/>, one object through all its reconnects: it handles events as the protocol says.</summary>
/// <remarks>
/// One reader at a time; <see cref="Send"/>, <see cref="Stall"/>, <see cref="Continue"/>, <see cref="GoSilent"/> and <see cref="Cut"/> may be
/// called beside it. It answers the server's pings and its close, as every WebSocket stack does. Nothing in here waits for time: a wait ends with a message, with
/// the line, or with its token.
/// </remarks>
[SuppressMessage("ApiDesign", "RS0026", Justification = "The overloads differ in what is required, so no call is ambiguous.")]
public sealed class InMemoryConnection : IAsyncDisposable
{
    private readonly RealtimeConnections _connections;
    private readonly ConnectionRequest _request;
    private readonly List<AgentEvent> _handled = [];
    private InMemoryLine _line;
    private WelcomeMessage? _welcome;
    private CloseReason? _refusal;
    private int _messagesBeforeCut = -1;

    private InMemoryConnection(RealtimeConnections connections, ConnectionRequest request)
    {
        _connections = connections;
        _request = request;
        LastEventId = EventId.TryParse(request.LastEventId, out EventId id) ? id : null;
        _line = new InMemoryLine(connections, request);
    }

    /// <summary>What the server said first on the present line.</summary>
    /// <exception cref="ConnectionEndedException">The server refused the connection: 1013 over a limit.</exception>
    public WelcomeMessage Welcome => _welcome ?? throw new ConnectionEndedException(_refusal ?? CloseReason.Abnormal);

    /// <summary>The events so far, over all lines, in the order in which they came; what was handled before is not there twice.</summary>
    /// <remarks>A welcome that is not resumed, or a <c>reset</c>, forgets the position and not these: what is replayed then comes again.</remarks>
    public IReadOnlyList<AgentEvent> Handled => _handled;

    /// <summary>The position that <see cref="ResumeAsync"/> goes on from; null when there is none yet.</summary>
    public EventId? LastEventId { get; private set; }

    /// <summary>The next message that the server sent.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>An <see cref="AgentEvent"/> or a <see cref="ControlMessage"/>, as it came: a duplicate too, which is then not handled.</returns>
    /// <exception cref="ConnectionEndedException">The line has ended; the message says the close code.</exception>
    public async Task<ServerMessage> NextAsync(CancellationToken cancellationToken = default)
    {
        ServerMessage message = await _line.ReadAsync(cancellationToken).ConfigureAwait(false);
        Handle(message);
        if (_messagesBeforeCut > 0 && --_messagesBeforeCut == 0)
        {
            Cut();
        }

        return message;
    }

    /// <summary>Reads on to the next message of a kind.</summary>
    /// <typeparam name="T">The kind, such as <see cref="AgentCompleted"/>.</typeparam>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The message.</returns>
    /// <exception cref="ConnectionEndedException">The line has ended before.</exception>
    public async Task<T> ReadUntilAsync<T>(CancellationToken cancellationToken = default)
        where T : ServerMessage
    {
        while (true)
        {
            if (await NextAsync(cancellationToken).ConfigureAwait(false) is T found)
            {
                return found;
            }
        }
    }

    /// <summary>Reads on until everything up to an event is handled; returns at once when it is.</summary>
    /// <param name="id">The id, from the result of emitting. Of an event that the filter of this connection lets through.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends with the wait.</returns>
    /// <exception cref="ArgumentException">The event is not of this user's log, so it would never come.</exception>
    /// <exception cref="ConnectionEndedException">The line has ended before.</exception>
    public async Task ReadUntilAsync(EventId id, CancellationToken cancellationToken = default)
    {
        if (!id.SameEpoch(Welcome.LastEventId))
        {
            throw new ArgumentException($"'{id}' is not of the log of this user, whose head was {Welcome.LastEventId} when the connection began.", nameof(id));
        }

        while (!IsHandled(id))
        {
            await NextAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sends a text message. On a line that has ended it is lost, as on any other.</summary>
    /// <param name="message">The JSON, or what is to be refused.</param>
    public void Send(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        _line.Transport.ClientSend(message);
    }

    /// <summary>The client stops reading: the server's writes wait from now on, its pings too. What it has written can still be read.</summary>
    public void Stall() => _line.Transport.Stall();

    /// <summary>Takes <see cref="Stall"/> back.</summary>
    public void Continue() => _line.Transport.Resume();

    /// <summary>The client vanishes while its line stays open: nothing of it arrives any more, neither messages, nor pongs, nor a close.</summary>
    /// <remarks>The server finds out by its heartbeat: 4407 after <see cref="Health.HeartbeatOptions.Timeout"/> at most, on the clock of
    /// <see cref="InMemoryRealtime"/>. Move a fake clock in steps of about a second: a jump is taken for a pause of the host.</remarks>
    public void GoSilent() => _line.Transport.GoSilent();

    /// <summary>The line breaks, without a close. What was not read yet is lost with it.</summary>
    public void Cut() => _line.Cut();

    /// <summary>The line breaks as soon as so many more messages, events or not, have been read.</summary>
    /// <param name="count">At least 1. A cut that was set before is replaced; <see cref="ResumeAsync"/> takes it back.</param>
    public void CutAfterMessages(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        _messagesBeforeCut = count;
    }

    /// <summary>Connects again, after <see cref="LastEventId"/>. A line that is still open is cut.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>A task that ends when the new line has its <see cref="Welcome"/> or was refused.</returns>
    /// <remarks>It waits until the server has given up the old line, so that its place is free.</remarks>
    public async Task ResumeAsync(CancellationToken cancellationToken = default)
    {
        Cut();
        await _line.Served.WaitAsync(cancellationToken).ConfigureAwait(false);
        _messagesBeforeCut = -1;
        _line = new InMemoryLine(_connections, _request with { LastEventId = LastEventId?.ToString() });
        await BeginAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until the server is done with the line: its place is free, and it writes no more.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Why it ended, as the server sees it: after a cut 1006, whatever was to be said on it.</returns>
    /// <remarks>On a clock that stands still, a server that waits for a stalled client does so for ever: move the clock.</remarks>
    public Task<CloseReason> WhenClosedAsync(CancellationToken cancellationToken = default) => _line.Served.WaitAsync(cancellationToken);

    /// <summary>Closes in order, and waits until the server is done with the line.</summary>
    /// <returns>A task that ends with the line.</returns>
    public async ValueTask DisposeAsync()
    {
        Continue();
        if (_line.Transport.IsSilent)
        {
            Cut(); // its close would not arrive
        }

        _line.Transport.ClientClose();
        await _line.Served.ConfigureAwait(false);
    }

    internal static async Task<InMemoryConnection> ConnectAsync(
        RealtimeConnections connections, ConnectionRequest request, CancellationToken cancellationToken)
    {
        InMemoryConnection connection = new(connections, request);
        try
        {
            await connection.BeginAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            connection.Cut(); // nobody has it, so nobody would end it
            throw;
        }
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        (_welcome, _refusal) = (null, null);
        try
        {
            Handle(await _line.ReadAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (ConnectionEndedException e)
        {
            _refusal = e.Reason; // whoever asks for the welcome is told
        }
    }

    // Events twice are the rule after a cut: what is not above the position was handled.
    private void Handle(ServerMessage message)
    {
        switch (message)
        {
            case WelcomeMessage welcome:
                _welcome = welcome;
                LastEventId = welcome.Resumed ? LastEventId : null;
                break;
            case ResetMessage reset:
                LastEventId = reset.LastEventId;
                break;
            case CursorMessage cursor when !IsHandled(cursor.Id):
                LastEventId = cursor.Id;
                break;
            case AgentEvent e when !IsHandled(e.Id):
                LastEventId = e.Id;
                _handled.Add(e);
                break;
        }
    }

    private bool IsHandled(EventId id) => LastEventId is { } last && last.SameEpoch(id) && id.Sequence <= last.Sequence;
}
