using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;
using Netra.Realtime.Runs;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Runs;

/// <summary>Callbacks on the token of a run are the agent's: they may throw or block.</summary>
public sealed class AgentRunsCancelTests
{
    private const int CancelCallbackThrew = 1103;

    public enum CancelledBy
    {
        Message,
        Application,
        HostStop,
    }

    [Fact]
    public async Task Interrupt_TwiceBeforeTheBodyReacts_TheRunIsInterruptedAndNotCancelled()
    {
        await using RealtimeHarness realtime = new();
        await using Realtime.Emitters.RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("agent");

        run.Interrupt();
        run.Interrupt();

        Assert.True(run.Cancelled.IsCancellationRequested);
        Assert.True(run.IsInterrupted);
    }

    // An exception that leaves a callback on the pool would end this process.
    [Theory]
    [InlineData(CancelledBy.Message, false, RunOutcome.Cancelled)]
    [InlineData(CancelledBy.Application, false, RunOutcome.Cancelled)]
    [InlineData(CancelledBy.HostStop, false, RunOutcome.Interrupted)]
    [InlineData(CancelledBy.Message, true, RunOutcome.Cancelled)]
    [InlineData(CancelledBy.Application, true, RunOutcome.Cancelled)]
    [InlineData(CancelledBy.HostStop, true, RunOutcome.Interrupted)]
    public async Task Cancel_CallbackThrows_RunEndsAndItIsLogged(CancelledBy by, bool loggerThrows, RunOutcome outcome)
    {
        LogProbe logs = new(loggerThrows ? [CancelCallbackThrew] : []);
        await using RealtimeHarness realtime = new(build: builder => builder.Services.AddSingleton<ILoggerFactory>(logs));
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        TaskCompletionSource registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, null, "agent", async (run, _, cancellationToken) =>
        {
            cancellationToken.Register(() => throw new InvalidOperationException("callback"));
            run.Cancelled.Register(() => throw new InvalidOperationException("callback"));
            registered.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        });
        await registered.Task.OrFail();

        switch (by)
        {
            case CancelledBy.Message:
                client.Send($$"""{"type":"cancel","ref":"c1","run_id":"{{handle.RunId}}"}""");
                Assert.Equal("c1", (await client.UntilAsync<ReplyMessage>()).Ref);
                break;
            case CancelledBy.Application:
                Assert.Equal(CancelOutcome.Requested, realtime.Runs.Cancel(RealtimeHarness.Alice, handle.RunId));
                break;
            default:
                await HostOf(realtime).StoppingAsync(CancellationToken.None).OrFail();
                break;
        }

        Assert.Equal(outcome, await handle.Completion.OrFail());
        await logs.LoggedAsync(CancelCallbackThrew).OrFail();
        Assert.Equal(0, realtime.Runs.Count);
    }

    [Theory]
    [InlineData(CancelledBy.Message)]
    [InlineData(CancelledBy.Application)]
    [InlineData(CancelledBy.HostStop)]
    public async Task Cancel_CallbackOfAnotherRunBlocks_IsNotDelayed(CancelledBy by)
    {
        await using RealtimeHarness realtime = new();
        using BlockingGate gate = new();
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        RunHandle blocks = await StartAsync(realtime, gate.Block);
        RunHandle follows = await StartAsync(realtime, () => { });
        Task stop = Task.CompletedTask;

        switch (by)
        {
            case CancelledBy.Message:
                client.Send($$"""{"type":"cancel","run_id":"{{blocks.RunId}}"}""");
                client.Send($$"""{"type":"cancel","run_id":"{{follows.RunId}}"}""");
                break;
            case CancelledBy.Application:
                realtime.Runs.Cancel(RealtimeHarness.Alice, blocks.RunId);
                realtime.Runs.Cancel(RealtimeHarness.Alice, follows.RunId);
                break;
            default:
                stop = realtime.Runs.StopAsync(TimeSpan.FromSeconds(5), CancellationToken.None);
                break;
        }

        await gate.Reached.OrFail();
        await follows.Completion.OrFail();
        Assert.False(blocks.Completion.IsCompleted);
        gate.Open();
        await blocks.Completion.OrFail();
        await stop.OrFail();
        Assert.True(gate.Held);
    }

    [Fact]
    public async Task Stop_CallbacksOfRunAndConnectionBlock_EndsWithItsTimeouts()
    {
        using BlockingGate gate = new();
        await using RealtimeHarness realtime = new(build: builder => builder.MapMessage<object>("ask", (_, context) =>
        {
            context.ConnectionClosed.Register(gate.Block);
            return Task.CompletedTask;
        }));
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        client.Send("""{"type":"ask","ref":"a1"}""");
        await client.NextAsync<ReplyMessage>();
        RunHandle handle = await StartAsync(realtime, gate.Block);

        await realtime.AdvanceUntilAsync(HostOf(realtime).StoppingAsync(CancellationToken.None), TimeSpan.FromSeconds(0.1));

        Assert.Equal(FailureReason.Interrupted, (await client.UntilAsync<AgentFailed>()).Reason);
        Assert.Equal((1012, CloseReason.ServiceRestart.Reason), await client.Transport.Closed.OrFail());
        Assert.True(gate.Held);
        gate.Open();
        Assert.Equal(RunOutcome.Interrupted, await handle.Completion.OrFail());
    }

    // The callback is registered last, so it is called first: a run whose callback blocks does not end before it.
    private static async Task<RunHandle> StartAsync(RealtimeHarness realtime, Action callback)
    {
        TaskCompletionSource registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        RunHandle handle = realtime.Runs.Start(RealtimeHarness.Alice, null, "agent", async (_, _, cancellationToken) =>
        {
            Task cancelled = new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            cancellationToken.Register(callback);
            registered.SetResult();
            await cancelled;
        });
        await registered.Task.OrFail();
        return handle;
    }

    private static IHostedLifecycleService HostOf(RealtimeHarness realtime) =>
        realtime.Services.GetServices<IHostedService>().OfType<IHostedLifecycleService>().Single();
}
