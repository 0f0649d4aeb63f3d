using Netra.Realtime.Client;
using Netra.Realtime.Client.Runs;
using Netra.Realtime.Protocol;
using Netra.Realtime.StressTests.Sockets;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Recordings;

/// <summary>The .NET client.</summary>
internal sealed class ClientFollower : IAsyncDisposable
{
    // A line that stalls is given up after the heartbeat's timeout on this clock.
    private const int Speed = 20;

    private readonly RealtimeClient _client;
    private readonly Story _story;
    private readonly Task _following;
    private readonly HashSet<RunId> _interrupted = []; // until something else is known of them

    private ClientFollower(Uri address, UserId user, EventId from, Story story)
    {
        _story = story;
        RealtimeClientOptions options = new()
        {
            Uri = address,
            ConfigureWebSocket = socket => socket.SetRequestHeader(SocketServer.UserHeader, user.Value),
            LastEventId = from,
            KeepEndedRuns = 10_000,
            TimeProvider = new FastClock(Speed),
            OnReset = (reason, _) =>
            {
                story.Reset($"{reason}");
                return ValueTask.CompletedTask;
            },
            OnRunsChanged = NoteInterrupted,
        };
        _client = new RealtimeClient(options, connect: null, random: () => 0);
        _following = FollowAsync();
    }

    public static Task<IAsyncDisposable> StartAsync(Uri address, UserId user, EventId from, Story story) =>
        Task.FromResult<IAsyncDisposable>(new ClientFollower(address, user, from, story));

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync().OrFail();
        await _following.OrFail();
    }

    private async Task FollowAsync()
    {
        try
        {
            await foreach (AgentEvent next in _client.ReadEventsAsync())
            {
                _story.Handle(next);
            }
        }
        catch (Exception e) // whatever it is: the test has to hear of it
        {
            _story.Fail(e);
        }
    }

    private void NoteInterrupted(IReadOnlyList<RunId> changed)
    {
        foreach (RunView run in changed.Select(_client.Runs.Find).OfType<RunView>())
        {
            if (run is not { Status: RunStatus.Interrupted, EndedAt: null })
            {
                _interrupted.Remove(run.RunId);
            }
            else if (_interrupted.Add(run.RunId))
            {
                _story.Interrupt(run.RunId.Value);
            }
        }
    }
}
