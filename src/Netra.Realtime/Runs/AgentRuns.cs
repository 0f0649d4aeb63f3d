using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Runs;

/// <summary>Runs agents in the background: scope, cancellation, exceptions, the terminal event and the stop of the host are taken care of.</summary>
/// <remarks>Safe to call concurrently. A run belongs to its user and not to a request or a connection: it goes on when they end.</remarks>
public sealed class AgentRuns
{
    private readonly EventEmitterFactory _emitters;
    private readonly EventWriter _writer;
    private readonly IServiceScopeFactory _scopes;
    private readonly RealtimeMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly SafeLogger _logger;
    private readonly ConcurrentDictionary<RunEmitter, Task<RunOutcome>> _running = new();
    private volatile bool _isStopping;

    internal AgentRuns(
        EventEmitterFactory emitters, EventWriter writer, IServiceScopeFactory scopes, RealtimeMetrics metrics, TimeProvider time, ILogger logger)
    {
        _emitters = emitters;
        _writer = writer;
        _scopes = scopes;
        _metrics = metrics;
        _time = time;
        _logger = SafeLogger.Of(logger);
    }

    /// <summary>Runs that have not ended.</summary>
    public int Count => _running.Count;

    /// <summary>Starts a run in the background; what the agent returns is its result.</summary>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <param name="user">The user.</param>
    /// <param name="thread">The conversation, or null.</param>
    /// <param name="agent">The name of the agent.</param>
    /// <param name="body">The agent: gets the run, the services of a scope of its own, and a token that is cancelled by
    /// <see cref="Cancel"/>, by the user, and when the host stops. It may throw <see cref="AgentException"/> to choose what the user reads.</param>
    /// <param name="start">More about the run.</param>
    /// <returns>The run, which has begun; see <see cref="RunHandle.Started"/> for a refusal.</returns>
    public RunHandle Start<TResult>(
        UserId user, ThreadId? thread, string agent, Func<RunEmitter, IServiceProvider, CancellationToken, Task<TResult>> body, RunStart? start = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Begin(user, thread, agent, start, async (run, services, cancellationToken) =>
        {
            TResult result = await body(run, services, cancellationToken).ConfigureAwait(false);
            if (run.Complete(result).Refusal == EmitRefusal.NotSerializable)
            {
                throw new AgentException("result_not_serializable", "The result could not be shown.");
            }
        });
    }

    /// <summary>Starts a run in the background that has no result.</summary>
    /// <param name="user">The user.</param>
    /// <param name="thread">The conversation, or null.</param>
    /// <param name="agent">The name of the agent.</param>
    /// <param name="body">The agent; see the other overload.</param>
    /// <returns>The run, which has begun.</returns>
    public RunHandle Start(UserId user, ThreadId? thread, string agent, Func<RunEmitter, IServiceProvider, CancellationToken, Task> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return Begin(user, thread, agent, null, async (run, services, cancellationToken) =>
        {
            await body(run, services, cancellationToken).ConfigureAwait(false);
            run.Complete();
        });
    }

    /// <summary>Asks a run of this user to stop: its token is cancelled, and when the agent follows it ends as <c>cancelled</c>.</summary>
    /// <param name="user">The user.</param>
    /// <param name="run">The run, started in the background or by hand.</param>
    /// <returns>What it met; somebody else's run and none at all are the same answer.</returns>
    public CancelOutcome Cancel(UserId user, RunId run)
    {
        RunCancellation? cancellation = null;
        RunLookup found = _writer.Sessions.Find(user)?.Find(run, out cancellation) ?? RunLookup.Unknown;
        if (cancellation is not null)
        {
            CancelOnPool(cancellation.Request);
        }

        return found switch
        {
            RunLookup.Open => CancelOutcome.Requested,
            RunLookup.Ended => CancelOutcome.AlreadyEnded,
            _ => CancelOutcome.NotFound,
        };
    }

    /// <summary>Asks all runs to stop, those started by hand too, waits, and ends as <c>interrupted</c> what has not ended by then.</summary>
    internal async Task StopAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        _isStopping = true;
        List<Task> ended = [.. _running.Values];
        foreach ((UserSession session, OpenRun run) in _writer.Sessions.OpenRuns())
        {
            ended.Add(session.WhenEnded(run));
            CancelOnPool(run.Cancellation.Interrupt);
        }

        await Task.WhenAll(ended).WaitAsync(timeout, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        int interrupted = 0;
        foreach ((UserSession session, OpenRun run) in _writer.Sessions.OpenRuns())
        {
            interrupted += TryEnd(session, run) ? 1 : 0;
        }

        if (interrupted > 0)
        {
            RunsLog.Interrupted(_logger, interrupted);
        }
    }

    /// <summary>Ends a run as <c>interrupted</c>, because the host has stopped.</summary>
    internal void End(UserSession session, OpenRun run) => TryEnd(session, run);

    private bool TryEnd(UserSession session, OpenRun run) => RunEnding.Fail(_writer, session, run, FailureReason.Interrupted).IsInLog;

    private RunHandle Begin(
        UserId user, ThreadId? thread, string agent, RunStart? start, Func<RunEmitter, IServiceProvider, CancellationToken, Task> body)
    {
        RunEmitter run = _emitters.CreateFor(user, thread).StartRun(agent, start);
        if (!run.Started.IsInLog)
        {
            run.Dispose();
            return new RunHandle(run.RunId, run.Started, Task.FromResult(RunOutcome.Refused));
        }

        TaskCompletionSource<RunOutcome> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _running[run] = completion.Task;
        _ = Task.Run(() => RunAsync(run, body, completion), CancellationToken.None); // ends by completing what _running holds
        if (_isStopping)
        {
            CancelOnPool(run.Interrupt); // it came after the stop looked
        }

        return new RunHandle(run.RunId, run.Started, completion.Task);
    }

    private void CancelOnPool(Action cancel) => RunCancellation.OnPool(cancel, e => RunsLog.CancelCallbackThrew(_logger, e));

    private async Task RunAsync(
        RunEmitter run, Func<RunEmitter, IServiceProvider, CancellationToken, Task> body, TaskCompletionSource<RunOutcome> completion)
    {
        Exception? thrown = null;
        try
        {
            AsyncServiceScope scope = _scopes.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                await body(run, scope.ServiceProvider, run.Cancelled).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (run.Cancelled.IsCancellationRequested)
        {
            run.Fail(run.IsInterrupted ? FailureReason.Interrupted : FailureReason.Cancelled);
        }
        catch (AgentException e)
        {
            run.Fail(FailureReason.Error, e.Code, e.Message);
            thrown = e;
        }
        catch (Exception e)
        {
            // The agent is the application's: whatever it throws ends its run, and its text goes to the log only.
            run.Fail(FailureReason.Error, "agent_error", "The agent failed.");
            thrown = e;
        }

        await run.DisposeAsync().ConfigureAwait(false);
        _running.TryRemove(run, out _);
        RunOutcome outcome = OutcomeOf(run.EndedAs);
        completion.SetResult(outcome);

        _metrics.RunEnded(outcome.ToString());
        RunsLog.Ended(_logger, run.RunId.Value, outcome);
        if (thrown is not null)
        {
            RunsLog.AgentThrew(_logger, thrown, run.RunId.Value);
        }
    }

    private static RunOutcome OutcomeOf(RunEnd? end) => end switch
    {
        RunEnd.Completed => RunOutcome.Completed,
        RunEnd.Cancelled => RunOutcome.Cancelled,
        RunEnd.TimedOut => RunOutcome.TimedOut,
        RunEnd.Interrupted => RunOutcome.Interrupted,
        _ => RunOutcome.Failed,
    };
}
