using System.Runtime.CompilerServices;
using Netra.Realtime.Client.Connections;
using Netra.Realtime.Client.Feed;
using Netra.Realtime.Client.Runs;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client;

/// <summary>What an agent does for this user, as a stream of typed events, live and through reconnects.</summary>
/// <remarks>
/// <para>It connects with the first <see cref="ConnectAsync"/> or <see cref="ReadEventsAsync"/> and comes back by itself, as section 6 of the
/// protocol says, until it is closed or the server sends it away. It is not started again: make another one with <see cref="LastEventId"/>.</para>
/// <para>Events wait for the application in a bounded queue. When that is full nothing is read from the socket, neither events nor answers to
/// messages, and a server with a slow consumer closes in the end (4408); the client then resumes after what it has received. So an
/// application that only sends has to read as well.</para>
/// <para>All members may be called from any thread; there is one enumeration of <see cref="ReadEventsAsync"/> at a time.</para>
/// </remarks>
public sealed partial class RealtimeClient : IAsyncDisposable
{
    private readonly RealtimeClientOptions _options;
    private readonly ReceiveQueue _queue;
    private readonly EventIntake _intake;
    private readonly EventReader _reader;
    private readonly Acknowledger _acknowledger;
    private readonly ConnectionLoop _loop;

    // _gate guards _running and _isClosing, so that nothing begins after the end has. _isReading is taken and given back by enumerations.
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private Task? _running;
    private bool _isClosing;
    private int _isReading;

    /// <summary>Makes a client, which does nothing yet.</summary>
    /// <param name="options">Read once.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public RealtimeClient(RealtimeClientOptions options)
        : this(options, null, Random.Shared.NextDouble)
    {
    }

    internal RealtimeClient(RealtimeClientOptions options, ConnectSocket? connect, Func<double> random)
    {
        _options = RealtimeClientOptions.Checked(options);
        connect ??= new ClientWebSocketConnector(_options.ConfigureWebSocket, _options.TimeProvider).ConnectAsync;
        Runs = new RunsView(_options.KeepEndedRuns);
        _queue = new ReceiveQueue(_options.ReceiveQueueItems, _options.ReceiveQueueBytes);
        _intake = new EventIntake(_options.LastEventId, _options.Start);
        _acknowledger = new Acknowledger(_options.TimeProvider, TrySendAck);
        _reader = new EventReader(Runs, _acknowledger, _options);
        _loop = new ConnectionLoop(_options, connect, random, _intake, _queue);
    }

    /// <summary>What is known of the runs, from the events that were read.</summary>
    public RunsView Runs { get; }

    /// <summary>Where the client is, and why.</summary>
    public ConnectionStatus Status => _loop.Status;

    /// <summary>This device or program, as the server knows it.</summary>
    public ClientId ClientId => _options.ClientId;

    /// <summary>Everything up to it is handled: what an application stores to go on after it in its next life. Empty when there is none.</summary>
    /// <remarks>An event is handled when the next one is asked for. What waits in the queue is not.</remarks>
    public EventId LastEventId => _reader.LastHandled;

    /// <summary>Connects, unless it has begun to, and waits for the first connection.</summary>
    /// <param name="cancellationToken">Ends the waiting; the client goes on connecting.</param>
    /// <returns>Completes once the server has welcomed the client.</returns>
    /// <exception cref="ConnectionClosedException">The client stays away, or was closed.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        Start();
        await _loop.Opened.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (_loop.Closed is { } closed)
        {
            throw closed;
        }
    }

    /// <summary>Each event once and in order, from every connection; connects, unless that has begun.</summary>
    /// <param name="cancellationToken">Ends the enumeration; the client stays connected.</param>
    /// <returns>The events. It ends when the application closes the client: what then still waits is not handed out.</returns>
    /// <remarks>
    /// An event counts as handled when the next one is asked for: <see cref="LastEventId"/> then moves, and it may be acknowledged. After a
    /// <c>break</c> or an exception another enumeration goes on with the event after it, and counts it as handled with its first step.
    /// </remarks>
    /// <exception cref="InvalidOperationException">There is another enumeration.</exception>
    /// <exception cref="ConnectionClosedException">The client stays away, and everything that was received has been handed out.</exception>
    public async IAsyncEnumerable<AgentEvent> ReadEventsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isReading, 1) == 1)
        {
            throw new InvalidOperationException("ReadEventsAsync is being enumerated already: events have one reader.");
        }

        try
        {
            Start();
            while (true)
            {
                _reader.FinishLast(); // before anything else: to ask for the next is to be done with this one
                if (_queue.IsClosed)
                {
                    yield break;
                }

                cancellationToken.ThrowIfCancellationRequested();
                if (_queue.TryRead(out FeedItem? item))
                {
                    if (await _reader.ReadAsync(item, cancellationToken).ConfigureAwait(false) is { } received)
                    {
                        yield return received;
                    }
                }
                else if (!await _queue.WaitAsync(cancellationToken).ConfigureAwait(false))
                {
                    yield break;
                }
            }
        }
        finally
        {
            Volatile.Write(ref _isReading, 0);
        }
    }

    /// <summary>Says that everything up to an event is handled, where that is not done automatically.</summary>
    /// <param name="id">The event. One from before a reset, or that was not handed out yet, is ignored.</param>
    /// <remarks>It is sent with others, after 64 or a second, and on the next connection when there is none.</remarks>
    public void Acknowledge(EventId id)
    {
        if (_reader.WasHandedOut(id))
        {
            _acknowledger.Handled(id);
        }
    }

    /// <summary>Ends the connection in order and for good; any number of times.</summary>
    /// <param name="cancellationToken">Ends the waiting only.</param>
    /// <returns>Completes when the connection has ended: at most 5 s after, when the server does not answer.</returns>
    public async Task CloseAsync(CancellationToken cancellationToken = default)
    {
        Task running;
        lock (_gate)
        {
            if (!_isClosing)
            {
                _isClosing = true;
                _acknowledger.Flush();
                _queue.Close();
                if (_running is null)
                {
                    _loop.StayAway(new ConnectionEnd(CloseReason.Normal));
                }
            }

            running = _running ?? Task.CompletedTask;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await running.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same as <see cref="CloseAsync"/>.</summary>
    /// <returns>Completes when everything has ended.</returns>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync(CancellationToken.None).ConfigureAwait(false);
        _acknowledger.Dispose();
    }

    private void Start()
    {
        lock (_gate)
        {
            if (!_isClosing)
            {
                _running ??= Task.Run(() => _loop.RunAsync(_stop.Token), CancellationToken.None);
            }
        }
    }

    private bool? TrySendAck(EventId id) =>
        // In this order: a connection that is open by now has told the intake of its reset before.
        _loop.Open is { } open && _reader.Generation == _intake.Generation ? open.Connection.TrySend(OutgoingMessage.Ack(id)) : null;
}
