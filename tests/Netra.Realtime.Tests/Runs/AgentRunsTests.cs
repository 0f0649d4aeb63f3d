using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Runs;

public sealed class AgentRunsTests
{
    private static readonly ThreadId Thread = new("t-1");

    [Fact]
    public async Task Run_Returns_IsCompletedWithItsResult()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", (run, _, _) =>
        {
            run.Respond("text");
            return Task.FromResult(7);
        });

        Assert.Equal(RunOutcome.Completed, await handle.Completion.OrFail());
        AgentCompleted completed = await client.UntilAsync<AgentCompleted>();
        Assert.Equal((handle.RunId, "7"), (completed.RunId!.Value, completed.Result!.Value.GetRawText()));
        Assert.Equal(0, realtime.Runs.Count);
    }

    [Fact]
    public async Task Run_ThrowsAnything_IsFailedAndItsTextNeverGoesOut()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", (run, _, _) =>
        {
            run.ExecuteTool("forgotten", 1);
            throw new InvalidOperationException("hunter2", new IOException("hunter2"));
        });

        Assert.Equal(RunOutcome.Failed, await handle.Completion.OrFail());
        client.Transport.ClientClose();
        await client.EndedAsync();
        List<string> wire = [];
        while (client.Transport.Outbound.TryRead(out byte[]? message))
        {
            wire.Add(Encoding.UTF8.GetString(message));
        }
        Assert.Contains(wire, message => message.Contains("\"reason\":\"error\"", StringComparison.Ordinal));
        Assert.DoesNotContain(wire, message => message.Contains("hunter2", StringComparison.Ordinal) || message.Contains("Exception", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_ThrowsAgentException_SaysItsCodeAndMessage()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        RunHandle handle = realtime.Runs.Start(
            RealtimeHarness.Alice, Thread, "agent", (_, _, _) => throw new AgentException("no_index", "There is none.", new IOException("hunter2")));

        Assert.Equal(RunOutcome.Failed, await handle.Completion.OrFail());
        AgentFailed failed = await client.UntilAsync<AgentFailed>();
        Assert.Equal((FailureReason.Error, new EventError("no_index", "There is none.")), (failed.Reason, failed.Error));
    }

    [Fact]
    public async Task Run_ResultNotSerializable_IsFailed()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", (_, _, _) => Task.FromResult(typeof(string)));

        Assert.Equal(RunOutcome.Failed, await handle.Completion.OrFail());
        Assert.Equal("result_not_serializable", (await client.UntilAsync<AgentFailed>()).Error!.Code);
    }

    [Fact]
    public async Task Run_ResultRunsOutOfMemory_IsFailed()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", (_, _, _) => Task.FromResult(new Enormous()));

        Assert.Equal(RunOutcome.Failed, await handle.Completion.OrFail());
        Assert.Equal("result_not_serializable", (await client.UntilAsync<AgentFailed>()).Error!.Code);
    }

    [Fact]
    public async Task Run_OperationCanceledOfItsOwn_IsAFailure()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", (_, _, _) => throw new OperationCanceledException());

        Assert.Equal(RunOutcome.Failed, await handle.Completion.OrFail());
        Assert.Equal(FailureReason.Error, (await client.UntilAsync<AgentFailed>()).Reason);
    }

    [Fact]
    public async Task Cancel_ByItsUser_IsRequestedThenAlreadyEnded_ByAnotherNotFound()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", WaitAsync);

        Assert.Equal(CancelOutcome.NotFound, realtime.Runs.Cancel(RealtimeHarness.Bob, handle.RunId));
        realtime.Connect(RealtimeHarness.Bob);
        Assert.Equal(CancelOutcome.NotFound, realtime.Runs.Cancel(RealtimeHarness.Bob, handle.RunId));
        Assert.Equal(CancelOutcome.NotFound, realtime.Runs.Cancel(RealtimeHarness.Alice, RunId.New()));
        Assert.Equal(1, realtime.Runs.Count);

        Assert.Equal(CancelOutcome.Requested, realtime.Runs.Cancel(RealtimeHarness.Alice, handle.RunId));
        Assert.Equal(RunOutcome.Cancelled, await handle.Completion.OrFail());
        Assert.Equal(CancelOutcome.AlreadyEnded, realtime.Runs.Cancel(RealtimeHarness.Alice, handle.RunId));
        Assert.Equal(CancelOutcome.NotFound, realtime.Runs.Cancel(RealtimeHarness.Bob, handle.RunId));
        Assert.Equal(FailureReason.Cancelled, (await client.UntilAsync<AgentFailed>()).Reason);

        realtime.Time.Advance(TimeSpan.FromSeconds(181));
        Assert.Equal(CancelOutcome.NotFound, realtime.Runs.Cancel(RealtimeHarness.Alice, handle.RunId));
    }

    [Fact]
    public async Task Stop_BodyThatListens_IsInterrupted()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", WaitAsync);

        await realtime.Runs.StopAsync(TimeSpan.FromSeconds(5), CancellationToken.None).OrFail();

        Assert.Equal(RunOutcome.Interrupted, await handle.Completion.OrFail());
        Assert.Equal(FailureReason.Interrupted, (await client.UntilAsync<AgentFailed>()).Reason);
    }

    [Fact]
    public async Task Stop_BodyThatIgnoresItsToken_IsInterruptedAtTheDeadline()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        TaskCompletionSource never = new(TaskCreationOptions.RunContinuationsAsynchronously);
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", (_, _, _) => never.Task);

        await realtime.Runs.StopAsync(TimeSpan.Zero, CancellationToken.None).OrFail();

        Assert.Equal(FailureReason.Interrupted, (await client.UntilAsync<AgentFailed>()).Reason);
        never.SetResult();
        Assert.Equal(RunOutcome.Interrupted, await handle.Completion.OrFail());
    }

    [Fact]
    public async Task Stop_RunStartedByHand_IsAskedAndWaitedForToo()
    {
        await using RealtimeHarness realtime = new();
        await using RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice, Thread).StartRun("agent");

        Task stop = realtime.Runs.StopAsync(TimeSpan.FromSeconds(5), CancellationToken.None);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.InfiniteTimeSpan, realtime.Time, run.Cancelled).OrFail());
        Assert.False(stop.IsCompleted);

        Assert.True(run.Complete("in time").IsInLog);
        await stop.OrFail();
    }

    [Fact]
    public async Task Stop_RunStartedByHandThatGoesOn_IsInterruptedAtTheDeadline()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        await using RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice, Thread).StartRun("agent");
        run.ExecuteTool("search");

        Task stop = realtime.Runs.StopAsync(TimeSpan.FromSeconds(5), CancellationToken.None);
        realtime.Time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.False(stop.IsCompleted);
        realtime.Time.Advance(TimeSpan.FromMilliseconds(1));
        await stop.OrFail();

        Assert.Equal(ToolStatus.Failed, (await client.UntilAsync<ToolCompleted>()).Status);
        Assert.Equal(FailureReason.Interrupted, (await client.NextAsync<AgentFailed>()).Reason);
        Assert.Equal(EmitRefusal.RunEnded, run.Complete().Refusal);
    }

    [Fact]
    public async Task Start_SixteenOpen_The17thIsRefusedAndOtherUsersAreNot()
    {
        await using RealtimeHarness realtime = new();
        RunHandle[] open = [.. Enumerable.Range(0, 16).Select(_ => realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", WaitAsync))];
        Assert.All(open, handle => Assert.True(handle.Started.IsInLog));

        RunHandle refused = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", (_, _, _) => throw new InvalidOperationException("must not run"));

        Assert.Equal(EmitRefusal.TooManyRuns, refused.Started.Refusal);
        Assert.Equal(RunOutcome.Refused, await refused.Completion.OrFail());
        Assert.True(realtime.Runs.Start(RealtimeHarness.Bob, Thread, "agent", WaitAsync).Started.IsInLog);

        realtime.Runs.Cancel(RealtimeHarness.Alice, open[0].RunId);
        await open[0].Completion.OrFail();
        Assert.True(realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", WaitAsync).Started.IsInLog);
    }

    [Fact]
    public async Task Run_Services_AreAScopeOfItsOwn()
    {
        await using RealtimeHarness realtime = new(build: builder => builder.Services.AddScoped<Scoped>());
        List<Scoped> seen = [];
        for (int i = 0; i < 2; i++)
        {
            await realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", (_, services, _) =>
            {
                seen.Add(services.GetRequiredService<Scoped>());
                return Task.CompletedTask;
            }).Completion.OrFail();
        }

        Assert.NotSame(seen[0], seen[1]);
        Assert.All(seen, scoped => Assert.True(scoped.IsDisposed));
    }

    [Theory]
    [InlineData(FailureReason.Error, RunOutcome.Failed)]
    [InlineData(FailureReason.Cancelled, RunOutcome.Cancelled)]
    [InlineData(FailureReason.TimedOut, RunOutcome.TimedOut)]
    [InlineData(FailureReason.Interrupted, RunOutcome.Interrupted)]
    public async Task Run_FailsItselfAndReturns_OutcomeIsThatOfItsTerminalEvent(FailureReason reason, RunOutcome outcome)
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", (run, _, _) =>
        {
            run.Fail(reason);
            return Task.FromResult(7);
        });

        Assert.Equal(outcome, await handle.Completion.OrFail());
        Assert.Equal(reason, (await client.UntilAsync<AgentFailed>()).Reason);
    }

    [Fact]
    public async Task Run_CompletesItselfAndThrows_IsCompleted()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", (run, _, _) =>
        {
            run.Complete("mine");
            throw new InvalidOperationException();
        });

        Assert.Equal(RunOutcome.Completed, await handle.Completion.OrFail());
        Assert.Equal("mine", (await client.UntilAsync<AgentCompleted>()).Result!.Value.GetString());
    }

    [Fact]
    public async Task Run_ScopeThrowsWhenDisposedAfterCompletion_IsCompleted()
    {
        await using RealtimeHarness realtime = new(build: builder => builder.Services.AddScoped<ThrowsOnDispose>());
        FakeClient client = realtime.Connect();
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", (_, services, _) =>
        {
            services.GetRequiredService<ThrowsOnDispose>();
            return Task.CompletedTask;
        });

        Assert.Equal(RunOutcome.Completed, await handle.Completion.OrFail());
        await client.UntilAsync<AgentCompleted>();
        Assert.Equal(0, realtime.Runs.Count);
    }

    [Fact]
    public async Task Start_WhileTheHostStops_IsInterrupted()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        await realtime.Runs.StopAsync(TimeSpan.Zero, CancellationToken.None).OrFail();

        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", WaitAsync);

        Assert.Equal(RunOutcome.Interrupted, await handle.Completion.OrFail());
        Assert.Equal(FailureReason.Interrupted, (await client.UntilAsync<AgentFailed>()).Reason);
    }

    [Theory]
    [InlineData(1100)]
    [InlineData(1101)]
    public async Task Run_LoggerThrows_IsEndedAndForgottenAllTheSame(int id)
    {
        LogProbe logs = new(id);
        await using RealtimeHarness realtime = new(build: builder => builder.Services.AddSingleton<ILoggerFactory>(logs));
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, Thread, "agent", (_, _, _) => throw new InvalidOperationException());

        Assert.Equal(RunOutcome.Failed, await handle.Completion.OrFail());
        await logs.LoggedAsync(id).OrFail();
        Assert.Equal(0, realtime.Runs.Count);
        Assert.Empty((await realtime.Connect().NextAsync<WelcomeMessage>()).OpenRuns);
    }

    private static Task WaitAsync(RunEmitter run, IServiceProvider services, CancellationToken cancellationToken) =>
        new TaskCompletionSource().Task.WaitAsync(cancellationToken);

    private sealed class ThrowsOnDispose : IDisposable
    {
        public void Dispose() => throw new InvalidOperationException();
    }

    private sealed class Scoped : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class Enormous
    {
        public string Value => new('x', int.MaxValue); // no string is as long: out of memory at once
    }
}
