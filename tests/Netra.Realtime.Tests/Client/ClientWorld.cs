using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Client;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Client;

/// <summary>A client in a world of fakes: the clock, the dice, and every socket that it asks for.</summary>
internal sealed class ClientWorld : IAsyncDisposable
{
    private readonly Channel<FakeAttempt> _attempts = Channel.CreateUnbounded<FakeAttempt>();
    private readonly Channel<ConnectionStatus> _statuses = Channel.CreateUnbounded<ConnectionStatus>();
    private readonly IAsyncEnumerator<AgentEvent> _events;
    private Task<bool>? _next;

    public ClientWorld(Action<RealtimeClientOptions>? configure = null)
    {
        RealtimeClientOptions options = new()
        {
            Uri = new Uri("https://example.test/ws"),
            ClientId = new ClientId("tab-1"),
            TimeProvider = Time,
            OnStatusChanged = status => _statuses.Writer.TryWrite(status),
            OnReset = (reason, _) =>
            {
                Resets.Add(reason);
                return default;
            },
            OnRunsChanged = Changes.Add,
        };
        configure?.Invoke(options);
        Client = new RealtimeClient(options, (address, credentials, cancelled) =>
        {
            FakeAttempt attempt = new(address, credentials, cancelled);
            _attempts.Writer.TryWrite(attempt);
            return attempt.Outcome;
        }, () => Roll);
        _events = Client.ReadEventsAsync().GetAsyncEnumerator();
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 10, 15, 30, TimeSpan.Zero));

    public RealtimeClient Client { get; }

    /// <summary>What the dice say, from 0 to 1.</summary>
    public double Roll { get; set; } = 0.5;

    public List<ResetReason> Resets { get; } = [];

    public List<IReadOnlyList<RunId>> Changes { get; } = [];

    /// <summary>The next attempt of a client that connects already.</summary>
    public Task<FakeAttempt> NextAttemptAsync() => _attempts.Reader.ReadAsync().OrFail();

    /// <summary>The client's next attempt to connect. The first makes it begin.</summary>
    public Task<FakeAttempt> AttemptAsync()
    {
        AskForNext();
        return NextAttemptAsync();
    }

    /// <summary>The next connection, welcomed and open.</summary>
    public async Task<FakeSocket> OpenAsync(string? welcome = null)
    {
        FakeSocket socket = (await AttemptAsync()).Accept();
        socket.Deliver(welcome ?? Wire.Welcome());
        await StatusAsync(ConnectionState.Open);
        return socket;
    }

    /// <summary>The connection ends, and the next is there at once.</summary>
    public async Task<FakeSocket> ReopenAsync(FakeSocket socket, string? welcome = null)
    {
        socket.End(4408);
        Time.Advance((await StatusAsync(ConnectionState.Waiting)).RetryIn!.Value);
        return await OpenAsync(welcome);
    }

    /// <summary>Reads past other states to the next of this one.</summary>
    public async Task<ConnectionStatus> StatusAsync(ConnectionState state)
    {
        while (true)
        {
            ConnectionStatus status = await _statuses.Reader.ReadAsync().OrFail();
            if (status.State == state)
            {
                return status;
            }
        }
    }

    /// <summary>The next status that says how a connection ended.</summary>
    public async Task<ConnectionStatus> EndedAsync()
    {
        while (true)
        {
            ConnectionStatus status = await _statuses.Reader.ReadAsync().OrFail();
            if (status.State is ConnectionState.Waiting or ConnectionState.Closed)
            {
                return status;
            }
        }
    }

    /// <summary>Reads an event, which the client has in hand until the next is asked for.</summary>
    public async Task<AgentEvent> ReadAsync()
    {
        AskForNext();
        Assert.True(await _next!.OrFail()); // asked for above
        _next = null;
        return _events.Current;
    }

    /// <summary>Reads and handles all events up to this one.</summary>
    public async Task<List<AgentEvent>> HandleAsync(string upTo)
    {
        List<AgentEvent> events = [];
        do
        {
            events.Add(await ReadAsync());
        }
        while (events[^1].Id.ToString() != upTo);
        AskForNext();
        return events;
    }

    /// <summary>How the enumeration ends.</summary>
    public Task<bool> EndOfEventsAsync()
    {
        AskForNext();
        return _next!.OrFail(); // asked for above
    }

    /// <summary>What the application has in hand is handled with this.</summary>
    public void AskForNext() => _next ??= _events.MoveNextAsync().AsTask();

    public async ValueTask DisposeAsync() => await Client.DisposeAsync().OrFail();
}
