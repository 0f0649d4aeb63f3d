using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Emitters;

public sealed class CleanupTests
{
    private readonly ConcurrentQueue<string> _calls = new();

    [Fact]
    public async Task Run_Ended_CallsTheLastRegisteredFirst()
    {
        await using RealtimeHarness realtime = new();
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("researcher");
        run.RegisterCleanup(Call("first"));
        run.RegisterCleanup(Call("second"));
        run.RegisterCleanup(Call("third")).Dispose();
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();
        Assert.Empty(_calls);

        run.Complete();
        run.Fail();
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();

        Assert.Equal(["second", "first"], _calls);
    }

    [Fact]
    public async Task Run_DisposedOfUnended_CallsThemToo()
    {
        await using RealtimeHarness realtime = new();
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("researcher");
        run.RegisterCleanup(Call("first"));

        await run.DisposeAsync();
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();

        Assert.Equal(["first"], _calls);
    }

    [Fact]
    public async Task Run_EndedBefore_CallsAtOnce()
    {
        await using RealtimeHarness realtime = new();
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("researcher");
        run.Complete();

        run.RegisterCleanup(Call("late")).Dispose();
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();

        Assert.Equal(["late"], _calls);
    }

    [Fact]
    public async Task Callback_ThatThrows_DoesNotKeepTheOthersFromBeingCalled()
    {
        await using RealtimeHarness realtime = new();
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("researcher");
        run.RegisterCleanup(Call("first"));
        run.RegisterCleanup(() => throw new InvalidOperationException("the application's fault"));
        run.RegisterCleanup(() => ValueTask.FromException(new InvalidOperationException("the application's fault")));
        run.RegisterCleanup(Call("last"));

        run.Complete();
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();

        Assert.Equal(["last", "first"], _calls);
    }

    [Fact]
    public async Task Session_Evicted_CallsTheLastRegisteredFirstAndOnce()
    {
        await using RealtimeHarness realtime = new();
        UserEventEmitter emitter = realtime.Emitters.CreateFor(RealtimeHarness.Alice);
        emitter.RegisterCleanup(Call("first"));
        emitter.RegisterCleanup(Call("second"));
        realtime.Emitters.CreateFor(RealtimeHarness.Bob).Emit("note", 1);
        realtime.Time.Advance(TimeSpan.FromSeconds(180) - TimeSpan.FromTicks(1));
        realtime.Sweeper.Sweep();
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();
        Assert.Empty(_calls);

        realtime.Time.Advance(TimeSpan.FromTicks(1));
        realtime.Sweeper.Sweep();
        realtime.Sweeper.Sweep();
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();

        Assert.Equal(["second", "first"], _calls);
        Assert.Equal(0, realtime.Sessions.Count);
        emitter.RegisterCleanup(Call("third")); // of the next session
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();
        Assert.Equal(2, _calls.Count);
    }

    [Fact]
    public async Task Host_Stops_CallsThoseOfEverySessionAndWaits()
    {
        await using RealtimeHarness realtime = new();
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        UserEventEmitter alice = realtime.Emitters.CreateFor(RealtimeHarness.Alice);
        alice.RegisterCleanup(Call("alice"));
        realtime.Emitters.CreateFor(RealtimeHarness.Bob).RegisterCleanup(async () => await gate.Task);

        Task stop = realtime.Connections.StopAsync(CancellationToken.None);
        Assert.False(stop.IsCompleted);
        gate.SetResult();
        await stop.OrFail();

        Assert.Equal(["alice"], _calls);
        alice.RegisterCleanup(Call("too late, so at once"));
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();
        Assert.Equal(2, _calls.Count);
    }

    [Fact]
    public async Task Host_Stops_CallsThoseOfRunsThatGoOn()
    {
        await using RealtimeHarness realtime = new();
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("by hand");
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).RegisterCleanup(Call("user"));
        run.RegisterCleanup(Call("run"));

        await realtime.Connections.StopAsync(CancellationToken.None).OrFail();
        Assert.Equal(["run", "user"], _calls);

        run.RegisterCleanup(Call("too late, so at once"));
        run.Complete();
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();
        Assert.Equal(3, _calls.Count);
    }

    [Fact]
    public async Task Host_HasStopped_WhoRegistersForTheFirstTimeIsCalledAtOnce()
    {
        await using RealtimeHarness realtime = new();
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("by hand");
        await realtime.Connections.StopAsync(CancellationToken.None).OrFail();

        realtime.Emitters.CreateFor(RealtimeHarness.Alice).RegisterCleanup(Call("of a session without any"));
        realtime.Emitters.CreateFor(RealtimeHarness.Bob).RegisterCleanup(Call("of a new session"));
        run.RegisterCleanup(Call("of a run without any"));
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();

        Assert.Equal(3, _calls.Count);
    }

    [Fact]
    public async Task Callback_ThatThrowsIntoALoggerThatThrows_LeavesNoOtherOut()
    {
        await using RealtimeHarness realtime = new(build: builder => builder.Services.AddSingleton<Microsoft.Extensions.Logging.ILoggerFactory>(new LogProbe(1500)));
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("researcher");
        run.RegisterCleanup(Call("first"));
        run.RegisterCleanup(() => throw new InvalidOperationException("the application's fault"));

        run.Complete();
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();

        Assert.Equal(["first"], _calls);
    }

    [Fact]
    public async Task Registrations_MoreThanThereMayBe_AreAMistakeUntilOneIsTakenBack()
    {
        await using RealtimeHarness realtime = new();
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("researcher");
        IDisposable last = run.RegisterCleanup(Call("one"));
        for (int i = 1; i < CleanupStack.Max; i++)
        {
            run.RegisterCleanup(Call("more"));
        }

        Assert.Throws<InvalidOperationException>(() => run.RegisterCleanup(Call("too many")));
        last.Dispose();
        run.RegisterCleanup(Call("fits"));
        run.Complete();
        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();

        Assert.Equal(CleanupStack.Max, _calls.Count);
    }

    // Whoever registers while the run ends is called by one of the two, and once.
    [Fact]
    public async Task Registration_RacingTheEnd_IsCalledOnce()
    {
        await using RealtimeHarness realtime = new(options => options.Limits.MaxOpenRunsPerUser = 1_000);
        for (int i = 0; i < 300; i++)
        {
            await RaceAsync(realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("researcher"), Call("raced"));
        }

        await realtime.Sessions.Cleanups.WhenIdleAsync().OrFail();
        Assert.Equal(300, _calls.Count);
    }

    private static async Task RaceAsync(RunEmitter run, Func<ValueTask> callback)
    {
        using Barrier barrier = new(2);
        Task register = Task.Run(
            () =>
            {
                barrier.SignalAndWait(CancellationToken.None);
                run.RegisterCleanup(callback);
            },
            CancellationToken.None);

        barrier.SignalAndWait(CancellationToken.None);
        run.Complete();
        await register.OrFail();
    }

    private Func<ValueTask> Call(string name) => () =>
    {
        _calls.Enqueue(name);
        return ValueTask.CompletedTask;
    };
}
