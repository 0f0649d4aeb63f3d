using System.Net;
using System.Threading.Channels;
using Netra.Realtime.Client;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Client;

/// <summary>A <see cref="RealtimeClient"/> of one user, and what it told.</summary>
internal sealed class ClientOf : IAsyncDisposable
{
    private readonly Channel<ConnectionStatus> _statuses = Channel.CreateUnbounded<ConnectionStatus>();
    private readonly IAsyncEnumerator<AgentEvent> _events;

    /// <param name="user">Null for somebody who says nothing of himself.</param>
    /// <param name="endPoint">Where the server, or a proxy before it, is reached.</param>
    /// <param name="configure">What else is otherwise.</param>
    public ClientOf(string? user, IPEndPoint endPoint, Action<RealtimeClientOptions>? configure = null)
    {
        RealtimeClientOptions options = new()
        {
            Uri = new Uri($"ws://{endPoint}/ws"),
            Credentials = user is null ? null : _ =>
            {
                Asked++;
                return new(new RealtimeCredentials { Headers = new Dictionary<string, string> { [TestAuthentication.UserHeader] = user } });
            },
            OnStatusChanged = status => _statuses.Writer.TryWrite(status),
            OnReset = (reason, _) =>
            {
                Resets.Add(reason);
                return default;
            },
        };
        configure?.Invoke(options);
        Client = new RealtimeClient(options);
        _events = Client.ReadEventsAsync().GetAsyncEnumerator();
    }

    public RealtimeClient Client { get; }

    public List<ResetReason> Resets { get; } = [];

    /// <summary>How often it was asked who it is.</summary>
    public int Asked { get; private set; }

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

    public async Task<AgentEvent> NextAsync()
    {
        Assert.True(await _events.MoveNextAsync().OrFail());
        return _events.Current;
    }

    /// <summary>All events up to one of this type.</summary>
    public async Task<List<AgentEvent>> UntilAsync<T>()
        where T : AgentEvent
    {
        List<AgentEvent> events = [];
        do
        {
            events.Add(await NextAsync());
        }
        while (events[^1] is not T);
        return events;
    }

    public async ValueTask DisposeAsync() => await Client.DisposeAsync().OrFail();
}
