using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Emitters;

/// <summary>What is emitted at each stage, by users, runs and rooms.</summary>
public sealed class SheddingTests
{
    private static readonly RoomId Lobby = new("lobby");

    private readonly LogHarness _log = new();

    [Theory]
    [InlineData(PressureStage.Normal)]
    [InlineData(PressureStage.RefusingNewConnections)]
    public void Emit_BeforeTheStageOfShedding_TakesEverything(PressureStage stage)
    {
        RunEmitter run = _log.StartRun();
        ToolCall call = run.ExecuteTool("search");
        RoomEmitter room = JoinedRoom();
        Raise(stage);

        Assert.All(
            new[]
            {
                _log.Emitter().Emit("note", 1, EmitOptions.Volatile), _log.Emitter().Emit("state", 1, EmitOptions.Latest("k")), run.Emit("note", 1, EmitOptions.Volatile),
                run.Emit("state", 1, EmitOptions.Latest("k")), call.Progress(50),
            },
            result => Assert.Equal(EmitStatus.Buffered, result.Status));
        Assert.Equal((1, EmitRefusal.None), Outcome(room.Emit("note", 1, EmitOptions.Volatile)));
        Assert.Equal((1, EmitRefusal.None), Outcome(room.Emit("state", 1, EmitOptions.Latest("k"))));
        Assert.Equal(0, _log.Sessions.Pool.Counters.Shed);
    }

    [Fact]
    public void Emit_WhileShedding_RefusesLatestAndVolatileAndCountsThem()
    {
        RunEmitter run = _log.StartRun();
        ToolCall call = run.ExecuteTool("search");
        RoomEmitter room = JoinedRoom();
        EventId head = _log.Session.Log.Head;
        long memory = _log.Sessions.Pool.BytesInUse;
        Raise(PressureStage.Shedding);

        EmitResult[] results =
        [
            _log.Emitter().Emit("note", 1, EmitOptions.Volatile), _log.Emitter().Emit("state", 1, EmitOptions.Latest("k")), run.Emit("note", 1, EmitOptions.Volatile),
            run.Emit("state", 1, EmitOptions.Latest("k")), call.Progress(50, "half"),
        ];
        RoomEmitResult[] ofRoom = [room.Emit("note", 1, EmitOptions.Volatile), room.Emit("state", 1, EmitOptions.Latest("k"))];

        Assert.All(results, result => Assert.Equal(EmitResult.Refused(EmitRefusal.Shed), result));
        Assert.All(results, result => Assert.False(result.IsInLog));
        Assert.All(ofRoom, result => Assert.Equal(new RoomEmitResult(Refusal: EmitRefusal.Shed), result));
        Assert.Equal(7, _log.Sessions.Pool.Counters.Shed);
        Assert.Equal((head, memory), (_log.Session.Log.Head, _log.Sessions.Pool.BytesInUse));
    }

    [Fact]
    public void Emit_WhileShedding_TakesMustDeliverTextAndTheWholeContract()
    {
        RoomEmitter room = JoinedRoom();
        Raise(PressureStage.Shedding);

        RunEmitter run = _log.StartRun();
        ToolCall call = run.ExecuteTool("search");
        call.Progress(50);
        EmitResult[] results =
        [
            run.Started, call.Started, call.Complete("found"), run.Think("hm"), run.Respond("so"), run.Emit("source", 1), _log.Emitter().Emit("invoice", 1), run.Complete("done"),
        ];

        Assert.All(results, result => Assert.Equal(EmitStatus.Buffered, result.Status));
        Assert.Equal((1, EmitRefusal.None), Outcome(room.Emit("news", 1)));
        Assert.Equal(
            ["agent_started", "tool_executing", "tool_completed", "agent_thinking", "agent_responding", "source", "invoice", "agent_completed", "news"],
            _log.Emitter().ReadLog().Events.Select(e => e.Type));
        Assert.Equal(1, _log.Sessions.Pool.Counters.Shed);
    }

    [Fact]
    public void Emit_RunThatHasEnded_SaysSoAlsoWhileShedding()
    {
        RunEmitter run = _log.StartRun();
        ToolCall call = run.ExecuteTool("search");
        run.Complete();
        Raise(PressureStage.Shedding);

        Assert.Equal(EmitRefusal.RunEnded, run.Emit("state", 1, EmitOptions.Latest("k")).Refusal);
        Assert.Equal(EmitRefusal.RunEnded, call.Progress(50).Refusal);
        Assert.Equal(0, _log.Sessions.Pool.Counters.Shed);
    }

    [Fact]
    public void Emit_TypeThatMayNotBeUsed_ThrowsAlsoWhileShedding()
    {
        Raise(PressureStage.Shedding);

        Assert.Throws<ArgumentException>(() => _log.Emitter().Emit("agent_started", 1, EmitOptions.Volatile));
    }

    [Fact]
    public void Emit_AfterRecovery_TakesEverythingAgain()
    {
        Raise(PressureStage.Shedding);
        _log.Emitter().Emit("state", 1, EmitOptions.Latest("k"));

        Raise(PressureStage.RefusingNewConnections);

        Assert.True(_log.Emitter().Emit("state", 2, EmitOptions.Latest("k")).IsInLog);
    }

    [Fact]
    public void Emit_Shed_AllocatesNothing()
    {
        UserEventEmitter emitter = _log.Emitter();
        ToolCall call = _log.StartRun().ExecuteTool("search");
        Raise(PressureStage.Shedding);
        long before = 0;
        for (int i = 0; i < 200; i++)
        {
            before = i == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            emitter.Emit("state", i, EmitOptions.Volatile);
            call.Progress(i);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static (int Members, EmitRefusal Refusal) Outcome(RoomEmitResult result) => (result.Members, result.Refusal);

    private void Raise(PressureStage stage) => _log.Sessions.Pressure.Latest = new(stage, PressureGauge.LogBudget, 1, 0, 0);

    private RoomEmitter JoinedRoom()
    {
        new RealtimeRooms(_log.Rooms, _log.Sessions).Join(LogHarness.Alice, Lobby);
        return _log.Emitters.CreateFor(Lobby);
    }
}
