using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>One program on a host of its own, in memory, against the model.</summary>
internal sealed class CutRun : IAsyncDisposable
{
    private const int MaxDevices = 4;

    // So many that the remembered heads of evicted users do not hold them all.
    private const int Strangers = 700;

    private readonly RealtimeHarness _realtime;
    private readonly World _world;
    private readonly CutCounts _counts;
    private readonly List<Device> _devices = [];
    private readonly HashSet<Device> _stalled = [];
    private readonly bool _isNarrow;
    private long _tail = 1;
    private long _aged; // up to here everything is old: it leaves as soon as no run holds it
    private bool _isMember;
    private int _marks;

    public CutRun(bool isNarrow, CutCounts counts)
    {
        _isNarrow = isNarrow;
        _counts = counts;
        _realtime = new RealtimeHarness(options =>
        {
            options.Limits.MaxConnections = 32; // the bound of retired users too
            options.Retention.MaxRetired = 32;
            options.Limits.MaxConnectionsPerUser = 16;
            options.Limits.MessagesPerSecond = options.Limits.MessageBurst = 1_000;
            options.Retention.MaxEvents = isNarrow ? 10 : 100_000;
            options.Retention.MaxBytes = isNarrow ? 128 * 1024 : 16 * 1024 * 1024;
        });
        _world = new World(_realtime.Sessions, _realtime.Emitters, RealtimeHarness.Alice, counts);
    }

    private RealtimeRooms Rooms => _realtime.Services.GetRequiredService<RealtimeRooms>();

    public async Task RunAsync(CutProgram program)
    {
        _world.Mark("start");
        await AddDeviceAsync(0, 0);
        await AddDeviceAsync(1, 1);
        foreach (CutRound round in program.Rounds)
        {
            foreach (CutStep step in round.Steps)
            {
                await DoAsync(step);
            }
            await EmitAsync(round);
        }
        foreach (Device device in _devices)
        {
            if (device.IsAway)
            {
                await ConnectAsync(device);
            }
            await device.LeaveAsync();
        }
        _devices.ForEach(device => device.Account.Check(_world.Journal));
        CutCounts.Add(ref _counts.Programs);
        CutCounts.Add(ref _counts.Events, _world.Journal.All.Count);
    }

    public ValueTask DisposeAsync() => _realtime.DisposeAsync();

    private async Task DoAsync(CutStep step)
    {
        Device device = _devices[step.A % _devices.Count];
        bool isHere = !device.IsAway && !_stalled.Contains(device);
        switch (step.Kind)
        {
            case CutStepKind.NewDevice or CutStepKind.AnotherNewDevice when _devices.Count < MaxDevices:
                await AddDeviceAsync(step.A, step.B);
                break;
            case CutStepKind.Leave when isHere:
                await device.LeaveAsync();
                break;
            case CutStepKind.Return when device.IsAway:
                await ConnectAsync(device);
                break;
            case CutStepKind.Supersede when isHere:
                await ConnectAsync(device);
                break;
            case CutStepKind.Join:
                Assert.Equal(RoomJoinOutcome.Joined, Rooms.Join(RealtimeHarness.Alice, _world.Room));
                _isMember = true;
                break;
            case CutStepKind.LeaveRoom:
                Assert.Equal(_isMember, Rooms.Leave(RealtimeHarness.Alice, _world.Room));
                _isMember = false;
                break;
            case CutStepKind.Subscribe when isHere:
                await SubscribeAsync(device, FilterOf(step.B));
                break;
            case CutStepKind.Expire when _stalled.Count == 0:
                Expire();
                break;
            case CutStepKind.Evict when _stalled.Count == 0 && step.A % 2 == 0:
                await EvictAsync(isForgotten: step.B % 2 == 0);
                break;
            case CutStepKind.Stall when isHere:
                ((MemoryLine)device.Line!).Client.Transport.Stall(); // it is here, so it has a line
                _stalled.Add(device);
                break;
        }
    }

    private async Task AddDeviceAsync(int filter, int start)
    {
        ClientId name = new($"device-{_devices.Count}");
        Account account = new((ReplayStart)(start % 3), FilterOf(filter), _counts);
        Device device = new(_world, account, async asking => new MemoryLine(
            _realtime.Connect(with: request => asking.Ask(request) with { Client = name }), _world.Journal));
        _devices.Add(device);
        await ConnectAsync(device);
    }

    private async Task EmitAsync(CutRound round)
    {
        TaskCompletionSource<EventId> last = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task[] following = [.. _devices.Select((device, i) => device.IsAway || _stalled.Contains(device) ? Task.CompletedTask : device.FollowAsync(round.Cuts[i], last.Task))];
        await _world.EmitAsync(round.Agents);
        EventId head = _world.Mark($"{++_marks}");
        last.SetResult(head);
        foreach (Device device in _stalled)
        {
            ((MemoryLine)device.Line!).Client.Transport.Resume(); // as above
            await device.ReadAsync(int.MaxValue, last.Task);
        }
        _stalled.Clear();
        await Task.WhenAll(following).OrFail();
        await SettleAsync();
        Window window = _world.Peek();
        Assert.InRange(window.Tail, _tail, _isNarrow ? long.MaxValue : Math.Max(_tail, _aged + 1));
        CutCounts.Add(ref _counts.Trimmed, window.Tail - _tail);
        _tail = window.Tail;
    }

    private async Task ConnectAsync(Device device)
    {
        await SettleAsync();
        await device.ConnectQuietlyAsync();
    }

    // Nobody emits, and what was written is known to be: a ping is answered after what was written before.
    private async Task SettleAsync()
    {
        foreach (Device device in _devices.Where(device => !device.IsAway && !_stalled.Contains(device)))
        {
            await AskAsync(device, """{"type":"ping","ref":"q"}""");
        }
        _world.Journal.Settle(_world.Peek().Head);
        Assert.Equal(_devices.Count(device => !device.IsAway), _world.CountCursors());
    }

    private async Task SubscribeAsync(Device device, EventFilter filter)
    {
        static string List(IEnumerable<string>? ids) => ids is null ? "null" : $"[{string.Join(',', ids.Select(id => $"\"{id}\""))}]";
        await AskAsync(device, $$"""{"type":"subscribe","ref":"q","threads":{{List(filter.Threads?.Select(id => id.Value))}},"runs":{{List(filter.Runs?.Select(id => id.Value))}}}""");
        device.Account.Subscribe(filter, _world.Journal.Head);
    }

    private static async Task AskAsync(Device device, string question)
    {
        ((MemoryLine)device.Line!).Client.Send(question); // who is asked is here
        while (await device.NextAsync() is not (ReplyMessage or PongMessage))
        {
        }
    }

    // Everything that is old enough leaves, but for what began with the oldest open run.
    private void Expire()
    {
        HashSet<string> open = _world.OpenRuns;
        long first = _world.Journal.All.Find(e => e.What.Run is not null && open.Contains(e.What.Run) && e.What.Id.SameEpoch(_world.Journal.Head))?.Sequence ?? long.MaxValue;
        _realtime.Time.Advance(TimeSpan.FromSeconds(181));
        _aged = _world.Journal.Head.Sequence;
        _realtime.Sweeper.Sweep();
        if (_realtime.Sessions.Find(RealtimeHarness.Alice) is null)
        {
            NoteEvicted();
            return;
        }
        long tail = Math.Max(_tail, Math.Min(first, _world.Journal.Head.Sequence + 1));
        CutCounts.Add(ref _counts.Trimmed, tail - _tail);
        _tail = tail;
        Assert.Equal(_tail, _world.Peek().Tail);
    }

    private async Task EvictAsync(bool isForgotten)
    {
        foreach (Device device in _devices.Where(device => !device.IsAway))
        {
            await device.LeaveAsync();
        }
        _world.EndRuns();
        await SettleAsync();
        Expire();
        Assert.Null(_realtime.Sessions.Find(RealtimeHarness.Alice));
        for (int i = 0; isForgotten && i < Strangers; i++)
        {
            _realtime.Emitters.CreateFor(UserId.Create($"stranger-{i}")).Emit("hello", i);
        }
        if (_realtime.Sessions.EvictedEventsOf(RealtimeHarness.Alice) == 0)
        {
            // Another life of the log, which begins with an event: from now on the model counts from there.
            (_tail, _aged) = (1, 0);
            _world.Mark($"{++_marks}");
            await SettleAsync();
        }
    }

    private void NoteEvicted()
    {
        CutCounts.Add(ref _counts.Evictions);
        CutCounts.Add(ref _counts.Trimmed, _world.Journal.Head.Sequence + 1 - _tail);
        _tail = _world.Journal.Head.Sequence + 1;
        _isMember = false;
    }

    private static EventFilter FilterOf(int kind) => (kind % 6) switch
    {
        1 => LogHarness.Threads("t-0"),
        2 => LogHarness.Threads("t-1"),
        3 => LogHarness.Runs("r-0-1", "r-1-1", "r-0-3"),
        4 => new EventFilter(LogHarness.Threads("t-0").Threads, LogHarness.Runs("r-0-2", "r-1-2").Runs),
        5 => LogHarness.Threads(),
        _ => EventFilter.All,
    };
}
