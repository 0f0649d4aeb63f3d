using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sanitization;
using Netra.Realtime.Sessions;
using Netra.Realtime.Transports;
using EventId = Netra.Realtime.Protocol.EventId; // not the one of logging

namespace Netra.Realtime.Connections;

/// <summary>One socket of one user, from admission to its end: a reader, a writer, and one close. Its identity never changes.</summary>
/// <remarks>
/// <see cref="Close"/> may come from any thread, any number of times: the first reason wins, and everything after it runs once, within
/// a deadline, after which the socket is aborted. The user's place is free as soon as the close begins.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "RunAsync is its whole life and releases what it holds at the end.")]
internal sealed partial class RealtimeConnection
{
    private readonly IWebSocketTransport _transport;
    private readonly ConnectionRegistry _registry;
    private readonly ConnectionSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConnectionRequest _request;
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _closeEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _readerEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards the timers and the attempt that the send timer counts.
    private readonly Lock _timers = new();

    // Set once, by the thread whose reason wins.
    private CloseReason? _closeReason;

    private UserSession? _session;
    private ConnectionWriter? _writer;
    private Task? _closing;
    private Task? _cancelling;
    private ITimer? _sendTimer;
    private ITimer? _expiryTimer;
    private int _sendAttempt;
    private RefusalCounter? _refusals;

    public RealtimeConnection(
        ConnectionRequest request, IWebSocketTransport transport, ConnectionRegistry registry, ConnectionSettings settings, TimeProvider time, ILogger logger)
    {
        _request = request;
        _transport = transport;
        _registry = registry;
        _settings = settings;
        _time = time;
        _logger = logger;
        Closed = _closed.Token;
        ConnectedAt = time.GetUtcNow();
        Stamp = registry.Sessions.StampOf(request.User);
        Heartbeat = transport.CanPing ? new Heartbeat(transport, registry.Wheel.Clock, registry.Metrics) : null;
    }

    public ConnectionId Id { get; } = ConnectionId.New();

    public UserId User => _request.User;

    public ClientId? Client => _request.Client;

    public DateTimeOffset ConnectedAt { get; }

    /// <summary>What every block that may be written here has to carry.</summary>
    public ulong Stamp { get; }

    /// <summary>What is known of the peer's life; null where the transport watches over it by itself.</summary>
    public Heartbeat? Heartbeat { get; }

    /// <summary>Cancelled when the close begins.</summary>
    public CancellationToken Closed { get; }

    public CloseReason? CloseReason => Volatile.Read(ref _closeReason);

    /// <summary>Serves the connection until it has ended. Never throws: a connection's end is its own affair.</summary>
    /// <param name="handlers">What client messages go to.</param>
    /// <param name="scopes">A scope for each of them.</param>
    /// <returns>Why it ended.</returns>
    public async Task<CloseReason> RunAsync(ClientMessageTable handlers, IServiceScopeFactory scopes)
    {
        ConnectStatus status = AdmitSafely();
        Task reading;
        Task? connected = null;
        if (status == ConnectStatus.Connected)
        {
            WatchExpiry();
            connected = _registry.Hooks.Connected(this);
            reading = new ConnectionReader(this, _transport, handlers, scopes, _settings, _time, _logger, _registry.Metrics).RunAsync();
        }
        else
        {
            Close(status switch
            {
                ConnectStatus.UserLimit => CloseReason.UserConnectionLimit,
                ConnectStatus.TenantLimit => CloseReason.TenantConnectionLimit,
                ConnectStatus.Revoked => CloseReason.Revoked,
                _ => CloseReason.TotalConnectionLimit,
            });
            reading = DrainAsync();
            _registry.BeginRefusing();
        }

        _ = await Task.WhenAny(reading, _closeEnded.Task).ConfigureAwait(false);
        _readerEnded.TrySetResult();
        await _closeEnded.Task.ConfigureAwait(false);

        // The socket is aborted: a read or a flush that does not end even now is left behind, so that nothing else is.
        await Task.WhenAll(reading, _writer?.Stopped ?? Task.CompletedTask, _cancelling ?? Task.CompletedTask)
            .WaitAsync(_settings.Delivery.CloseTimeout, _time, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DisposeSafelyAsync().ConfigureAwait(false);
        if (connected is not null)
        {
            _registry.Hooks.Disconnected(this, CloseReason!, connected); // the close has ended, so there is a reason
        }

        _registry.Remove(this);
        if (status != ConnectStatus.Connected)
        {
            _registry.EndRefusing();
        }

        _closed.Dispose();
        return CloseReason!; // the close has ended, so there is a reason
    }

    /// <summary>The server stops: tells the client when to come back, and closes with 1012 when everything that it is owed is written.</summary>
    /// <remarks>One that was not admitted is being closed already.</remarks>
    public void GoAway(TimeSpan reconnectIn) => _writer?.GoAway(new GoAwayMessage
    {
        Reason = CloseReason.ServiceRestart.Reason,
        ReconnectInMs = (long)reconnectIn.TotalMilliseconds,
    });

    public void Send(ControlMessage message) => _writer?.Send(message);

    /// <summary>Answers that a message was refused. Mistakes happen; who does nothing else is sent away.</summary>
    public void Refuse(ErrorMessage error)
    {
        _registry.Metrics.MessageRefused(error.Code);
        Send(error);
        if (!LazyInitializer.EnsureInitialized(ref _refusals, () => new RefusalCounter(_settings.Limits.MaxRefusedMessagesPerMinute, _time)).TryCount())
        {
            Close(CloseReason.PolicyViolation);
        }
    }

    /// <summary>Answers a message as its handler said; a reply only to one that carried a <c>ref</c>.</summary>
    public void Answer(string? reference, ClientMessageAnswer answer)
    {
        if (answer.RefusalCode is not null)
        {
            Refuse(new ErrorMessage
            {
                Ref = reference,
                Code = answer.RefusalCode,
                Message = TextCut.Cut(answer.RefusalMessage, _settings.Limits.MaxErrorChars).ToString(),
            });
        }
        else if (reference is not null && ReplySanitizer.TrySanitize(answer.Data, _settings.Limits.MaxEventBytes, out JsonElement? data))
        {
            Send(new ReplyMessage { Ref = reference, Data = data });
        }
        else if (reference is not null)
        {
            Refuse(new ErrorMessage { Ref = reference, Code = ErrorCodes.Internal, Message = "The reply is too large." });
        }
    }

    /// <summary>The client has sent a message.</summary>
    public void NoteActive() => _writer!.ActiveAt = _time.GetTimestamp(); // only an admitted connection has a reader

    public void TellPosition() => _writer?.TellPosition();

    /// <summary>Writes a ping. Only where there is a <see cref="Heartbeat"/>.</summary>
    public void Ping() => _writer?.Ping();

    public bool TryAcknowledge(EventId id)
    {
        lock (_session!.Gate) // only an admitted connection has a reader
        {
            return _session.Log.TryAcknowledgeLocked(_writer!, id);
        }
    }

    public void Subscribe(SubscribeMessage message)
    {
        lock (_session!.Gate) // only an admitted connection has a reader
        {
            _session.Log.SetFilterLocked(_writer!, _writer!.Filter.With(message.Threads, message.Runs));
        }
    }

    private ConnectStatus AdmitSafely()
    {
        try
        {
            return Admit();
        }
        catch (Exception)
        {
            // A logger or a listener of a meter that throws: the place must not stay taken. Who throws has been told.
            Close(CloseReason.InternalError);
            return _writer is null ? ConnectStatus.TotalLimit : ConnectStatus.Connected;
        }
    }

    private ConnectStatus Admit()
    {
        if (_registry.Revoked.Contains(User))
        {
            _registry.Metrics.Rejected("revoked");
            return ConnectStatus.Revoked;
        }

        SpinWait evictions = default;
        while (true)
        {
            _session = _registry.Sessions.GetOrAdd(User);
            _writer = new ConnectionWriter(this, _session, _transport, _registry.Metrics)
            {
                Filter = new EventFilter(_request.Threads, _request.Runs),
                ActiveAt = _time.GetTimestamp(),
            };
            ConnectResult result = _session.Connect(
                _writer, _request.LastEventId, _request.Start, _settings.Limits.MaxConnectionsPerUser, _registry.Places);
            if (result.Status == ConnectStatus.SessionEvicted)
            {
                evictions.SpinOnce();
                continue;
            }

            try
            {
                if (result.Status == ConnectStatus.Connected)
                {
                    _registry.Add(this);
                    _writer.Start(Welcome(result));
                    _registry.LogConnected(this, result);
                }
                else
                {
                    _writer = null;
                    _registry.Sessions.NoteIfRetired(_session);
                    _registry.Metrics.Rejected(result.Status switch
                    {
                        ConnectStatus.UserLimit => "user_limit",
                        ConnectStatus.TenantLimit => "tenant_limit",
                        _ => "total_limit",
                    });
                }
            }
            finally
            {
                result.Superseded?.Supersede(); // it has no place any more, whatever becomes of the newcomer
            }

            if (_registry.Revoked.Contains(User))
            {
                Close(Protocol.CloseReason.Revoked); // since it was asked above
            }

            return result.Status;
        }
    }

    private WelcomeMessage Welcome(ConnectResult result) => new()
    {
        ConnectionId = Id,
        UserId = User.Value,
        Epoch = result.Head.Epoch,
        LastEventId = result.Head,
        Resumed = result.Resumed,
        Reset = result.Reset,
        OpenRuns = result.OpenRuns,
        Heartbeat = _settings.Heartbeat,
        Limits = new ClientLimits(_settings.Limits.MaxMessageBytes, _settings.Limits.MessagesPerSecond),
        ServerTime = _time.GetUtcNow(),
    };
}
