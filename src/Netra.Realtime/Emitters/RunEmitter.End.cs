using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Emitters;

/// <content>The end of a run: exactly one terminal event, whatever happens.</content>
public sealed partial class RunEmitter
{
    /// <summary>Emits <c>agent_completed</c> without a result.</summary>
    /// <returns>What became of it.</returns>
    public EmitResult Complete() => Complete<string?>(null);

    /// <summary>Emits <c>agent_completed</c>. Calls that are still open are completed as failed first.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="result">The result, shown to the user after sanitizing; text is cut to fit, other JSON that does not fit is left out.</param>
    /// <param name="usage">What the run used, such as tokens, as the application counts it.</param>
    /// <returns>What became of it; a result that cannot be serialized leaves the run open.</returns>
    public EmitResult Complete<T>(T result, EventPayload usage = default)
    {
        EventPayload payload = EventPayload.From(result);
        EmitResult ended = RunEnding.End(_writer, _session, _run, EventTypes.AgentCompleted, RunEnd.Completed, encoder =>
        {
            if (!encoder.Field("result", payload, int.MaxValue))
            {
                return false;
            }

            encoder.Number("duration_ms", RunEnding.DurationMs(_writer, _run));
            return encoder.Field("usage", usage, int.MaxValue);
        });
        GC.KeepAlive(this); // until then the run has an owner
        return ended;
    }

    /// <summary>Emits <c>agent_failed</c>. Calls that are still open are completed as failed first.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="code">A short name for programs, or null.</param>
    /// <param name="message">A sentence for the user, cut to 300 units; never an exception's text. Null: none.</param>
    /// <returns>What became of it.</returns>
    public EmitResult Fail(FailureReason reason = FailureReason.Error, string? code = null, string? message = null)
    {
        EmitResult ended = RunEnding.Fail(_writer, _session, _run, reason, code, message);
        GC.KeepAlive(this); // as above
        return ended;
    }

    /// <summary>Registers what is to be done when the run has ended, however it ends: the last that was registered first, on the pool.</summary>
    /// <param name="callback">What it throws is logged, and the others are called all the same. When the run has ended already, it is called at once.</param>
    /// <returns>Dispose of it to take the callback back.</returns>
    /// <exception cref="InvalidOperationException">There are 1,000 already.</exception>
    /// <remarks>The stop of the host is an end too, also for a run that was started by hand and goes on; it waits for these as long as for its connections.</remarks>
    public IDisposable RegisterCleanup(Func<ValueTask> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        if (_session.CleanupsOf(_run)?.TryAdd(callback) is { } registration)
        {
            if (_writer.Sessions.IsCleanedUp)
            {
                _writer.Sessions.Cleanups.Run(_session.EndCleanups());
            }

            return registration;
        }

        _writer.Sessions.Cleanups.Run([callback]);
        return CleanupTaken.Instance;
    }
}
