using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>A random program and the model of it: what each log holds, which runs there are, who is in which room.</summary>
/// <remarks>The clock stands still, so nothing expires and nothing depends on how fast the machine is.</remarks>
internal sealed class IsolationProgram : IAsyncDisposable
{
    // Chosen to be confused: by case, tenant, separators and normal form. They all use the same names for threads, runs and rooms.
    private static readonly UserId[] Users =
    [
        UserId.Create("alice"), UserId.Create("Alice"), UserId.Create("alice", "one"), UserId.Create("alice", "two"), UserId.Create("one:alice"),
        UserId.Create("one/alice"), UserId.Create("caf\u00e9"), UserId.Create("cafe\u0301"), UserId.Create("5:alice"), UserId.Create("alice|two"),
    ];

    private readonly Random _random;
    private readonly RealtimeHarness _realtime = new(
        options =>
        {
            options.Limits.MessageBurst = 100_000;
            options.Limits.MaxRefusedMessagesPerMinute = 100_000;
        },
        builder => builder.UseRoomPolicy<Neighbours>());

    private readonly List<string>[] _logs = [.. Users.Select(_ => new List<string>())];
    private readonly Dictionary<(int Owner, string Id), ModelRun> _runs = [];
    private readonly HashSet<(int Owner, int Room)> _members = [];
    private readonly List<(int Owner, EventId Id)> _positions = [];
    private readonly List<ProgramConnection> _connections = [];

    public IsolationProgram(int seed) => _random = new Random(seed);

    public Dictionary<string, int> Answers { get; } = [];

    /// <summary>One connection of each user that sees all from the first event on.</summary>
    public async Task StartAsync()
    {
        for (int owner = 0; owner < Users.Length; owner++)
        {
            await ConnectAsync(owner);
        }
    }

    public async Task StepAsync()
    {
        int owner = _random.Next(Users.Length);
        string run = $"r-{_random.Next(6)}";
        switch (_random.Next(12))
        {
            case 0 when _connections.Count(connection => connection.Owner == owner) < 3:
                await ConnectAsync(owner);
                break;
            case 1 when _connections.Count > Users.Length:
                ProgramConnection leaving = _connections[_random.Next(Users.Length, _connections.Count)];
                _connections.Remove(leaving);
                await leaving.EndAsync(_logs[leaving.Owner]);
                break;
            case 2 or 3:
                await CancelAsync(owner, run);
                break;
            case 4 or 5:
                await JoinOrLeaveAsync(owner, _random.Next(Users.Length));
                break;
            case 6 when _positions.Count > 0:
                (int whose, EventId id) = _positions[_random.Next(_positions.Count)];
                Expect(whose == owner ? "ok" : ErrorCodes.BadRequest, await Any(owner).AskAsync("ack", $",\"id\":\"{id}\""));
                break;
            case 7:
                EmitToRoom(_random.Next(Users.Length), Users[owner].Tenant);
                break;
            case 8 or 9:
                MoveRun(owner, run);
                break;
            default:
                string note = $"{owner}/{_logs[owner].Count}";
                Note(owner, _realtime.Emitters.CreateFor(Users[owner], new ThreadId("t-1")).Emit("note", note), $"\"{note}\" ");
                break;
        }
    }

    /// <summary>Everybody who is still there has got exactly its part, and exactly the runs that their owner cancelled are cancelled.</summary>
    public async Task EndAsync()
    {
        foreach (ProgramConnection connection in _connections)
        {
            await connection.EndAsync(_logs[connection.Owner]);
        }

        foreach (ModelRun run in _runs.Values.Where(run => run.IsCancelled))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.Infinite, run.Emitter.Cancelled).OrFail());
        }

        Assert.DoesNotContain(_runs.Values, run => !run.IsCancelled && run.Emitter.Cancelled.IsCancellationRequested);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ModelRun run in _runs.Values)
        {
            await run.Emitter.DisposeAsync();
        }

        await _realtime.DisposeAsync();
    }

    private async Task ConnectAsync(int owner)
    {
        (int Owner, EventId Id)? guess = _positions.Count == 0 || _random.Next(3) == 0 ? null : _positions[_random.Next(_positions.Count)];
        bool isOwn = guess?.Owner == owner;
        FakeClient client = _realtime.Connect(Users[owner], request => request with { LastEventId = guess?.Id.ToString(), Start = ReplayStart.Live });
        ProgramConnection connection = new(owner, client, isOwn ? (int)guess!.Value.Id.Sequence : _logs[owner].Count);
        WelcomeMessage welcome = await connection.WelcomeAsync();
        Assert.Equal((Users[owner].Value, isOwn), (welcome.UserId, welcome.Resumed));
        Assert.Equal(
            _runs.Where(run => run.Key.Owner == owner && !run.Value.HasEnded).Select(run => run.Key.Id).Order(StringComparer.Ordinal),
            welcome.OpenRuns.Select(run => run.RunId.Value).Order(StringComparer.Ordinal));
        _connections.Add(connection);
    }

    private async Task CancelAsync(int owner, string id)
    {
        ModelRun? run = _runs.GetValueOrDefault((owner, id));
        Expect(run is null ? ErrorCodes.NotFound : run.HasEnded ? """{"ended":true}""" : "ok", await Any(owner).AskAsync("cancel", $",\"run_id\":\"{id}\""));
        if (run is { HasEnded: false })
        {
            run.IsCancelled = true;
        }
    }

    private async Task JoinOrLeaveAsync(int owner, int room)
    {
        string name = $",\"room\":\"of-{room}\"";
        if (_random.Next(3) == 0)
        {
            Expect("ok", await Any(owner).AskAsync("leave", name));
            _members.Remove((owner, room));
            return;
        }

        bool isOpen = Neighbours.IsOpen(owner, room);
        Expect(isOpen ? "ok" : ErrorCodes.Forbidden, await Any(owner).AskAsync("join", name));
        if (isOpen)
        {
            _members.Add((owner, room));
        }
    }

    private void EmitToRoom(int room, string? tenant)
    {
        int[] members = [.. _members.Where(member => member.Room == room && Users[member.Owner].Tenant == tenant).Select(member => member.Owner)];
        RoomEmitResult result = _realtime.Emitters.CreateFor(new RoomId($"of-{room}"), tenant).Emit("note", $"{tenant}/{room}");
        Assert.Equal(members.Length, result.Members);
        foreach (int member in members)
        {
            _logs[member].Add($"{_logs[member].Count + 1} \"{tenant}/{room}\" of-{room}");
        }
    }

    // Starts it, lets it say something, or ends it.
    private void MoveRun(int owner, string id)
    {
        if (!_runs.TryGetValue((owner, id), out ModelRun? run))
        {
            RunEmitter emitter = _realtime.Emitters.CreateFor(Users[owner], new ThreadId("t-1")).StartRun("agent", new RunStart { RunId = new RunId(id) });
            _runs[(owner, id)] = new ModelRun(emitter);
            Note(owner, emitter.Started, $"started {id}");
        }
        else if (!run.HasEnded && _random.Next(4) > 0)
        {
            Note(owner, run.Emitter.Emit("note", owner), $"{owner} {id}");
        }
        else if (!run.HasEnded)
        {
            run.HasEnded = true;
            Note(owner, run.Emitter.Complete(), $"completed {id}");
        }
    }

    private void Note(int owner, EmitResult result, string what)
    {
        _logs[owner].Add($"{_logs[owner].Count + 1} {what}");
        Assert.Equal(_logs[owner].Count, (int)result.EventId.Sequence);
        _positions.Add((owner, result.EventId));
    }

    private ProgramConnection Any(int owner)
    {
        ProgramConnection[] own = [.. _connections.Where(connection => connection.Owner == owner)];
        return own[_random.Next(own.Length)];
    }

    private void Expect(string expected, string answer)
    {
        Assert.Equal(expected, answer);
        Answers[answer] = Answers.GetValueOrDefault(answer) + 1;
    }

    private sealed class ModelRun(RunEmitter emitter)
    {
        public RunEmitter Emitter => emitter;

        public bool HasEnded { get; set; }

        public bool IsCancelled { get; set; }
    }

    /// <summary>A room is open to the user of its number and to the next two, whichever tenants they are of.</summary>
    private sealed class Neighbours : IRoomPolicy
    {
        public static bool IsOpen(int owner, int room) => (owner - room + Users.Length) % Users.Length < 3;

        public ValueTask<bool> MayJoinAsync(UserId user, RoomId room, CancellationToken cancellationToken) =>
            ValueTask.FromResult(IsOpen(Array.IndexOf(Users, user), room.Value[^1] - '0'));
    }
}
