using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Health;

public sealed class RunWatchdogTests
{
    private static readonly UserId Alice = RealtimeHarness.Alice;
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Silence_OfTheWholeLimit_IsTimedOutWithItsOpenToolsFailedFirst()
    {
        await using RealtimeHarness realtime = new();
        await using RunEmitter run = Start(realtime);
        ToolCall call = run.ExecuteTool("search");

        Silence(realtime, TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
        Assert.Null(run.EndedAs);

        realtime.Time.Advance(TimeSpan.FromMilliseconds(1));
        realtime.Sweeper.Sweep();

        IReadOnlyList<AgentEvent> events = realtime.Emitters.CreateFor(Alice).ReadLog().Events;
        ToolCompleted failed = Assert.IsType<ToolCompleted>(events[^2]);
        Assert.Equal((call.CallId, ToolStatus.Failed), (failed.CallId, failed.Status));
        Assert.Equal((FailureReason.TimedOut, 300_000L), (Assert.IsType<AgentFailed>(events[^1]).Reason, ((AgentFailed)events[^1]).DurationMs));
        Assert.Equal(EmitRefusal.RunEnded, run.Complete().Refusal);
        await WhenCancelledAsync(run.Cancelled);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("progress")]
    [InlineData("event")]
    public async Task Silence_BrokenByAnyEvent_BeginsAnew(string kind)
    {
        await using RealtimeHarness realtime = new();
        await using RunEmitter run = Start(realtime);
        ToolCall call = run.ExecuteTool("search");
        Silence(realtime, TimeSpan.FromMinutes(4.5));

        _ = kind switch
        {
            "text" => run.Think("still here"),
            "progress" => call.Progress(50),
            _ => run.Emit("note", 1),
        };

        Silence(realtime, TimeSpan.FromMinutes(4.5));
        Assert.Null(run.EndedAs);
        Silence(realtime, Sweep);
        Assert.Equal(RunEnd.TimedOut, run.EndedAs);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Silence_BrokenByWhatIsShedUnderPressure_BeginsAnewToo(bool isProgress)
    {
        await using RealtimeHarness realtime = new();
        await using RunEmitter run = Start(realtime);
        ToolCall call = run.ExecuteTool("search");
        realtime.Sessions.Pressure.Latest = new(PressureStage.Shedding, PressureGauge.MemoryLoad, 0, 0, 1);
        Silence(realtime, TimeSpan.FromMinutes(4.5));

        Assert.Equal(EmitRefusal.Shed, (isProgress ? call.Progress(50) : run.Emit("note", 1, EmitOptions.Volatile)).Refusal);

        Silence(realtime, TimeSpan.FromMinutes(4.5));
        Assert.Null(run.EndedAs);
    }

    [Fact]
    public async Task Silence_OfOneRun_ConcernsNoOther()
    {
        await using RealtimeHarness realtime = new();
        await using RunEmitter silent = Start(realtime);
        await using RunEmitter busy = Start(realtime);
        for (int i = 0; i < 10; i++)
        {
            Silence(realtime, Sweep);
            busy.Respond("word ");
        }

        Assert.Equal((RunEnd.TimedOut, null), (silent.EndedAs, busy.EndedAs));
    }

    [Fact]
    public async Task MaxSilence_OfTheRunItself_GoesBeforeTheOptions()
    {
        await using RealtimeHarness realtime = new();
        await using RunEmitter patient = Start(realtime, Timeout.InfiniteTimeSpan);
        await using RunEmitter hasty = Start(realtime, TimeSpan.FromSeconds(31));

        Silence(realtime, Sweep);
        Assert.Null(hasty.EndedAs);
        Silence(realtime, Sweep);
        Assert.Equal(RunEnd.TimedOut, hasty.EndedAs);

        Silence(realtime, TimeSpan.FromHours(1));
        Assert.Null(patient.EndedAs);
        Assert.Throws<ArgumentOutOfRangeException>(() => Start(realtime, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => Start(realtime, TimeSpan.FromDays(7) + TimeSpan.FromTicks(1)));
    }

    [Fact]
    public async Task MaxSilence_OffInTheOptions_EndsNothing()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxRunSilence = Timeout.InfiniteTimeSpan);
        await using RunEmitter run = Start(realtime);

        Silence(realtime, TimeSpan.FromDays(1));

        Assert.Null(run.EndedAs);
    }

    [Fact]
    public async Task Pause_OfTheHost_IsNoSilenceOfAnAgent()
    {
        await using RealtimeHarness realtime = new();
        await using RunEmitter run = Start(realtime);
        realtime.Sweeper.Sweep();

        realtime.Time.Advance(TimeSpan.FromMinutes(10)); // no sweep meanwhile: it stood still
        realtime.Sweeper.Sweep();
        Assert.Null(run.EndedAs);

        Silence(realtime, TimeSpan.FromMinutes(5) - Sweep);
        Assert.Null(run.EndedAs);
        Silence(realtime, Sweep);
        Assert.Equal(RunEnd.TimedOut, run.EndedAs);
    }

    [Fact]
    public async Task ShortPause_ThatOnlyTheHeartbeatSees_IsNoSilenceOfAnAgent()
    {
        await using RealtimeHarness realtime = new();
        await using RunEmitter run = Start(realtime);
        realtime.Sweeper.Sweep();
        realtime.Registry.Wheel.Clock.StoodStill(TimeSpan.FromSeconds(20));

        Silence(realtime, TimeSpan.FromMinutes(5)); // 20 s of which are not the agent's
        Assert.Null(run.EndedAs);
        Silence(realtime, Sweep);
        Assert.Equal(RunEnd.TimedOut, run.EndedAs);
    }

    // The sweep saw it first; the heartbeat, which comes to it a moment later, does not excuse the run once more.
    [Fact]
    public async Task Pause_SeenByTheSweepAndThenByTheHeartbeat_IsExcusedOnce()
    {
        await using RealtimeHarness realtime = new();
        await using RunEmitter run = Start(realtime);
        realtime.Sweeper.Sweep();
        realtime.Time.Advance(TimeSpan.FromMinutes(4));
        realtime.Sweeper.Sweep();
        realtime.Registry.Wheel.Clock.StoodStill(TimeSpan.FromMinutes(4));

        Silence(realtime, TimeSpan.FromMinutes(5) - Sweep);
        Assert.Null(run.EndedAs);
        Silence(realtime, Sweep);
        Assert.Equal(RunEnd.TimedOut, run.EndedAs);
    }

    // As little as a timer is late by may be the pause that the heartbeat has not come to yet.
    [Fact]
    public async Task Sweep_LateByLess_IsNoSilenceOfAnAgentEither()
    {
        await using RealtimeHarness realtime = new();
        await using RunEmitter run = Start(realtime);
        realtime.Sweeper.Sweep();
        Silence(realtime, TimeSpan.FromMinutes(4));

        realtime.Time.Advance(Sweep + TimeSpan.FromSeconds(29)); // of which 30 s are its own
        realtime.Sweeper.Sweep();
        Silence(realtime, TimeSpan.FromSeconds(29));
        Assert.Null(run.EndedAs);

        Silence(realtime, TimeSpan.FromSeconds(1));
        Assert.Equal(RunEnd.TimedOut, run.EndedAs);
    }

    [Fact]
    public async Task BackgroundRun_TimedOut_SaysSoAndItsAgentIsCancelled()
    {
        await using RealtimeHarness realtime = new();
        RunHandle handle = realtime.Runs.Start(Alice, null, "researcher", (_, _, token) => Task.Delay(Timeout.InfiniteTimeSpan, realtime.Time, token));

        Silence(realtime, TimeSpan.FromMinutes(5));

        Assert.Equal(RunOutcome.TimedOut, await handle.Completion.OrFail());
    }

    [Fact]
    public async Task Logger_Throws_TheOtherRunsAreEndedInTheSameSweep()
    {
        await using RealtimeHarness realtime = new(build: builder => builder.Services.AddSingleton<ILoggerFactory>(new LogProbe(1210)));
        await using RunEmitter one = Start(realtime);
        await using RunEmitter other = Start(realtime);

        Silence(realtime, TimeSpan.FromMinutes(5));

        Assert.Equal((RunEnd.TimedOut, RunEnd.TimedOut), (one.EndedAs, other.EndedAs));
    }

    [Fact]
    public async Task Owner_ThatIsGone_LeavesAnInterruptedRun()
    {
        await using RealtimeHarness realtime = new();
        Abandon(realtime);
        await using RunEmitter held = Start(realtime);

        Collect();
        realtime.Sweeper.Sweep();

        AgentFailed ended = Assert.IsType<AgentFailed>(realtime.Emitters.CreateFor(Alice).ReadLog().Events[^1]);
        Assert.Equal((FailureReason.Interrupted, new RunId("abandoned")), (ended.Reason, ended.RunId!.Value));
        Assert.Null(held.EndedAs);
        GC.KeepAlive(held);
    }

    [Fact]
    public async Task Owner_WhoseCallIsHeld_IsNotGone()
    {
        await using RealtimeHarness realtime = new();
        ToolCall call = BeginCall(realtime);

        Collect();
        realtime.Sweeper.Sweep();

        Assert.True(call.Complete("found").IsInLog);
    }

    // In a method of its own, so that no local of the test keeps it alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon(RealtimeHarness realtime) => realtime.Emitters.CreateFor(Alice).StartRun("researcher", new RunStart { RunId = new RunId("abandoned") });

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ToolCall BeginCall(RealtimeHarness realtime) => Start(realtime).ExecuteTool("search");

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private static RunEmitter Start(RealtimeHarness realtime, TimeSpan? maxSilence = null)
    {
        _ = realtime.Sweeper; // its time begins
        return realtime.Emitters.CreateFor(Alice).StartRun("researcher", new RunStart { MaxSilence = maxSilence });
    }

    private static void Silence(RealtimeHarness realtime, TimeSpan silence)
    {
        for (TimeSpan left = silence; left > TimeSpan.Zero; left -= Sweep)
        {
            realtime.Time.Advance(left < Sweep ? left : Sweep);
            realtime.Sweeper.Sweep();
        }
    }

    private static async Task WhenCancelledAsync(CancellationToken token)
    {
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = token.Register(cancelled.SetResult);
        await cancelled.Task.OrFail();
    }
}
