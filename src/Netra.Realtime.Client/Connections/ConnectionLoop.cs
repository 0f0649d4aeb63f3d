using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Client.Feed;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Connections;

/// <summary>One socket after the other: connects, notices the end, and comes back as <see cref="ReconnectPolicy"/> says.</summary>
/// <remarks><see cref="RunAsync"/> once; what it tells (<see cref="Status"/>, <see cref="Open"/>) is read by any thread.</remarks>
internal sealed class ConnectionLoop
{
    // Credentials, handshake and welcome together.
    private static readonly TimeSpan WelcomeTimeout = TimeSpan.FromSeconds(20);

    private readonly RealtimeClientOptions _options;
    private readonly ConnectSocket _connect;
    private readonly EventIntake _intake;
    private readonly ReceiveQueue _queue;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReconnectPolicy _policy;
    private readonly ConnectionAddress _address;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // _gate guards _filter, and that a connection is open: who changes the filter, and who opens a connection, see each other.
    private readonly Lock _gate = new();
    private ConnectionStatus _status = new(ConnectionState.NotStarted);
    private OpenConnection? _open;
    private ConnectionClosedException? _closed;
    private EventFilter _filter;

    public ConnectionLoop(RealtimeClientOptions options, ConnectSocket connect, Func<double> random, EventIntake intake, ReceiveQueue queue)
    {
        (_options, _connect, _intake, _queue, _time) = (options, connect, intake, queue, options.TimeProvider);
        _logger = SafeLogger.Of(options.LoggerFactory.CreateLogger<RealtimeClient>()); // a provider that throws would end the loop
        _policy = new ReconnectPolicy(_time, random);
        _address = new ConnectionAddress(options.Uri, options.ClientId, options.Start);
        _filter = new EventFilter(options.Threads, options.Runs);
    }

    public ConnectionStatus Status => Volatile.Read(ref _status);

    /// <summary>The connection, once it was welcomed and until it ends.</summary>
    public OpenConnection? Open => Volatile.Read(ref _open);

    /// <summary>Why there will be no connection any more; null while there may be.</summary>
    public ConnectionClosedException? Closed => Volatile.Read(ref _closed);

    /// <summary>When there has been a connection, or there will be none.</summary>
    public Task Opened => _opened.Task;

    /// <summary>From here on the filter is this one, on a connection that has come meanwhile too.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="knownBy">The connection whose server has agreed to it; null: there was none.</param>
    public void SetFilter(EventFilter filter, OpenConnection? knownBy)
    {
        lock (_gate)
        {
            _filter = filter;
            if (_open is { } open && open != knownBy)
            {
                open.Connection.TrySend(OutgoingMessage.Subscribe(null, filter));
            }
        }
    }

    /// <summary>Until it stays away for good, or is stopped. Never throws.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested && await OnceAsync(stop).ConfigureAwait(false))
            {
            }
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // Stopped while it waited for something; what of the application's failed by that is of no interest.
        }
        catch (Exception e) // nobody else would see it, and the application would wait for ever
        {
            StayAway(ConnectionEnd.Lost(e));
            ClientLog.ClientFailed(_logger, e);
            return;
        }

        if (Status.State != ConnectionState.Closed)
        {
            StayAway(new ConnectionEnd(CloseReason.Normal));
        }
    }

    /// <summary>For a client that ends before it began.</summary>
    public void StayAway(ConnectionEnd end)
    {
        ConnectionClosedException closed = new(end.Reason, end.HttpStatus, end.Cause);
        Volatile.Write(ref _closed, closed);
        _queue.Complete(closed);
        Set(new ConnectionStatus(ConnectionState.Closed) { CloseReason = end.Reason, HttpStatus = end.HttpStatus, Error = end.Cause });
        _opened.TrySetResult();
    }

    // Returns whether there is a next time.
    private async Task<bool> OnceAsync(CancellationToken stop)
    {
        ClientLog.Connecting(_logger);
        Set(new ConnectionStatus(ConnectionState.Connecting));
        ConnectionEnd end = await ConnectAsync(stop).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        if (_policy.After(end) is not { } delay)
        {
            ClientLog.StaysAway(_logger, end.Reason.Code, Number(end.HttpStatus), end.Cause);
            StayAway(end);
            return false;
        }

        ClientLog.Lost(_logger, end.Reason.Code, Number(end.HttpStatus), delay, end.Cause);
        Task waited = Task.Delay(delay, _time, stop); // before anybody is told, who may move the clock
        Set(new ConnectionStatus(ConnectionState.Waiting) { CloseReason = end.Reason, HttpStatus = end.HttpStatus, RetryIn = delay, Error = end.Cause });
        await waited.ConfigureAwait(false);
        return true;
    }

    private async Task<ConnectionEnd> ConnectAsync(CancellationToken stop)
    {
        using CancellationTokenSource patience = new(WelcomeTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stop);
        RealtimeCredentials credentials;
        try
        {
            credentials = _options.Credentials is { } ask
                ? await ask(either.Token).AsTask().WaitAsync(either.Token).ConfigureAwait(false)
                : RealtimeCredentials.None;
        }
        catch (Exception e) when (!stop.IsCancellationRequested) // the application's: whatever it is, the next time may be better
        {
            ClientLog.CredentialsFailed(_logger, e);
            return ConnectionEnd.Lost(e);
        }

        EventFilter filter = Volatile.Read(ref _filter); // what changes from here on is said at the welcome
        Handshake handshake;
        try
        {
            handshake = await _connect(_address.For(_intake.ResumeAfter, filter), credentials, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            return ConnectionEnd.Lost(e) with { IsGivenUp = true };
        }
        catch (Exception e) when (e is not OperationCanceledException) // what a connector throws no attempt will accept, such as a header that cannot be
        {
            return ConnectionEnd.Lost(e) with { IsFinal = true };
        }

        if (handshake.Socket is null)
        {
            bool asksForPatience = handshake.HttpStatus is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests;
            return ConnectionEnd.Lost(handshake.Cause) with
            {
                HttpStatus = handshake.HttpStatus,
                NotSooner = asksForPatience ? handshake.RetryAfter : TimeSpan.Zero,
                IsGivenUp = handshake.HttpStatus is null && !NeverReached(handshake.Cause),
            };
        }

        using ClientConnection connection = new(handshake.Socket, _options, _logger);
        return await TalkAsync(connection, filter, patience, stop).ConfigureAwait(false);
    }

    private async Task<ConnectionEnd> TalkAsync(ClientConnection connection, EventFilter filter, CancellationTokenSource patience, CancellationToken stop)
    {
        await using ConfiguredAsyncDisposable impatient = patience.Token.Register(
            () => connection.GiveUp(ConnectionEnd.Lost(new TimeoutException("No welcome came.")))).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable stopped = stop.Register(connection.Close).ConfigureAwait(false);
        using ServerMessageHandler handler = new(connection, _intake, _queue, filter, _time, welcome =>
        {
            patience.CancelAfter(Timeout.InfiniteTimeSpan);
            ClientLog.Opened(_logger, welcome.ConnectionId.Value);
            EventFilter current = Publish(new OpenConnection(connection, welcome.Limits.MaxMessageBytes is > 0 and var most ? most : int.MaxValue), filter);
            Set(new ConnectionStatus(ConnectionState.Open));
            _opened.TrySetResult();
            return current;
        });
        try
        {
            ConnectionEnd end = await connection.RunAsync(handler.HandleAsync).ConfigureAwait(false);
            return handler.Complete(end);
        }
        finally
        {
            Volatile.Write(ref _open, null);
        }
    }

    // Nobody listens there, or the name is not known: no server comes late to such an attempt.
    private static bool NeverReached(Exception? cause) =>
        cause is not null && (cause is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } || NeverReached(cause.InnerException));

    // Returns the filter that holds. What the URL did not say of it is said before anybody else can send.
    private EventFilter Publish(OpenConnection open, EventFilter askedFor)
    {
        lock (_gate)
        {
            if (!_filter.IsSaidBy(askedFor))
            {
                open.Connection.TrySend(OutgoingMessage.Subscribe(ServerMessageHandler.FilterReference, _filter));
            }

            Volatile.Write(ref _open, open);
            return _filter;
        }
    }

    private static int Number(HttpStatusCode? status) => status is { } answer ? (int)answer : 0;

    private void Set(ConnectionStatus status)
    {
        Volatile.Write(ref _status, status);
        try
        {
            _options.OnStatusChanged?.Invoke(status);
        }
        catch (Exception e) // the application's: it ends no connection
        {
            ClientLog.CallbackFailed(_logger, e, nameof(RealtimeClientOptions.OnStatusChanged));
        }
    }
}
