using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.StressTests.Cuts;
using Netra.Realtime.StressTests.Sockets;
using Netra.Realtime.Testing;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;

namespace Netra.Realtime.StressTests.Soak;

/// <summary>One user for one tide: a device or two that follow, are cut and resume, agents that emit, guests that misbehave.</summary>
internal sealed class SoakUser(SocketServer server, UserId user, int seed, bool isOnSockets, SoakCounts counts)
{
    public const int MaxConnections = 3;

    private readonly Random _random = new(seed);
    private readonly World _world = new(
        server.Services.GetRequiredService<SessionDirectory>(), server.Services.GetRequiredService<EventEmitterFactory>(), user, counts.Cuts);

    private readonly RealtimeRooms _rooms = server.Services.GetRequiredService<RealtimeRooms>();
    private readonly RealtimeConnections _connections = server.Services.GetRequiredService<RealtimeConnections>();
    private readonly List<Device> _devices = [];
    private readonly List<FaultProxy> _proxies = [];
    private Task _slowGuest = Task.CompletedTask;

    /// <summary>Connects, and waits for the others.</summary>
    public async Task ComeAsync()
    {
        Assert.Equal(RoomJoinOutcome.Joined, _rooms.Join(user, _world.Room));
        EventId start = _world.Mark("start");
        for (int i = 0; i < (!isOnSockets && _random.Next(4) == 0 ? 2 : 1); i++)
        {
            Account account = new(ReplayStart.Live, i == 0 ? EventFilter.All : LogHarness.Threads("t-0"), counts.Cuts);
            account.BeginAt(start);
            _devices.Add(isOnSockets ? OnSockets(account) : InMemory(account, i));
        }

        await FollowAsync(cuts: 0, agents: 0);
        CutCounts.Add(ref counts.Users);
    }

    /// <summary>Round after round, to the end of the tide; then it leaves, and the books are checked.</summary>
    /// <param name="late">When nobody may come any more who takes long to leave.</param>
    /// <param name="ebb">When to leave.</param>
    public async Task LiveAsync(CancellationToken late, CancellationToken ebb)
    {
        while (!ebb.IsCancellationRequested)
        {
            await FollowAsync(cuts: _random.Next(4), agents: _random.Next(1, 3));
            await HaveGuestAsync(late.IsCancellationRequested);
            CutCounts.Add(ref counts.Rounds);
            await Task.Delay(_random.Next(2_500), ebb).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _world.EndRuns();
        await FollowAsync(cuts: 0, agents: 0); // so that everybody has the ends
        if (_random.Next(2) == 0)
        {
            _rooms.Leave(user, _world.Room); // else, or if it was away for too long, the membership ends with the session
        }

        foreach (Device device in _devices)
        {
            await device.LeaveAsync();
            device.Account.Check(_world.Journal);
            CheckStory(device.Account);
        }

        CutCounts.Add(ref counts.NeverHandled, _world.Journal.All.Count - _devices[0].Account.HandledIds);
        CutCounts.Add(ref counts.Cuts.Events, _world.Journal.All.Count);
        await _slowGuest.OrFail();
        foreach (FaultProxy proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }
    }

    private async Task FollowAsync(int cuts, int agents)
    {
        TaskCompletionSource<EventId> last = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] following = [.. _devices.Select(device => device.FollowAsync(Numbers(cuts, 30), last.Task))];
        await _world.EmitOnPoolAsync([.. Enumerable.Range(0, agents).Select(_ => Numbers(_random.Next(3, 16), 100))]);
        last.SetResult(_world.Mark("end"));
        await Task.WhenAll(following);
        _world.Journal.Settle(_world.Peek().Head);
    }

    // Only when the places are known: those of devices on sockets are free when the server has seen their end, and that is any time.
    private async Task HaveGuestAsync(bool isLate)
    {
        if (isOnSockets || !_slowGuest.IsCompleted)
        {
            return;
        }

        await _slowGuest;
        Guest guest = new(_connections, user, counts);
        switch (_random.Next(30))
        {
            case 0 when !isLate:
                _slowGuest = guest.VanishAsync();
                break;
            case 1 when !isLate:
                _slowGuest = guest.StallAsync();
                break;
            case 2:
                await guest.FloodAsync();
                break;
            case 3:
                await guest.SendBinaryAsync();
                break;
            case < 7:
                await guest.TakeOneTooManyAsync(MaxConnections - _devices.Count(device => !device.IsAway));
                break;
            case < 15:
                await guest.VisitAsync();
                break;
        }
    }

    // Unfiltered and never told to reload: each run is whole, whatever was cut.
    private void CheckStory(Account account)
    {
        if (account.WholeStory is { } story)
        {
            EventAssert.NoDuplicates(story);
            if (account.Filter == EventFilter.All)
            {
                EventAssert.RunsAreWellFormed(story);
                CutCounts.Add(ref counts.WholeStories);
            }
        }
    }

    private Device InMemory(Account account, int index) => new(_world, account, asking =>
    {
        InMemoryTransport transport = new();
        ConnectionRequest request = asking.Ask(new ConnectionRequest { User = user, Client = new ClientId($"device-{index}") });
        return Task.FromResult<ILine?>(new MemoryLine(new FakeClient(transport, () => _connections.RunAsync(transport, request), answersClose: true), _world.Journal));
    });

    private Device OnSockets(Account account)
    {
        FaultProxy proxy = new(server.EndPoint);
        _proxies.Add(proxy);
        return new Device(_world, account, async asking =>
        {
            Fault fault = _random.Next(2) == 0 ? new Fault((FaultKind)_random.Next(1, 4), _random.Next(12_000)) : Fault.None;
            string position = asking.Last is { } last ? $"&last_event_id={last}" : "";
            FaultLink link = proxy.Expect(fault);
            ILine? line = await SocketLine.ConnectAsync(new Uri($"ws://{proxy.EndPoint}/ws?client=device&start=live{position}"), user.Value, link, counts.Cuts);
            return line is null ? null : new PumpedLine(line);
        });
    }

    private int[] Numbers(int count, int below) => [.. Enumerable.Range(0, count).Select(_ => _random.Next(below))];
}
