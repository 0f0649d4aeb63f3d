using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>Somebody waits until a client says that it has handled an event. Guarded by the session's gate; the task is for whoever waits.</summary>
internal sealed class AcknowledgementWait(long sequence, ThreadId? thread, RunId? run)
{
    private readonly TaskCompletionSource<AcknowledgementOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly List<LogCursor> _sentTo = [];

    public long Sequence { get; } = sequence;

    public ThreadId? Thread { get; } = thread;

    public RunId? Run { get; } = run;

    /// <summary>How many wait for this.</summary>
    public int Waiting { get; set; }

    public Task<AcknowledgementOutcome> Outcome => _outcome.Task;

    public void NoteSent(LogCursor cursor)
    {
        if (!_sentTo.Contains(cursor))
        {
            _sentTo.Add(cursor);
        }
    }

    /// <summary>Whether the cursor's client was sent it: here, or on a connection before that this one goes on after. One that began anew may have left it out.</summary>
    public bool WasSentTo(LogCursor cursor) =>
        _sentTo.Contains(cursor) || (Sequence <= cursor.ResumedAfter && cursor.Client is { } client && _sentTo.Exists(other => other.Client == client));

    /// <summary>The first outcome counts.</summary>
    public void Settle(AcknowledgementOutcome outcome) => _outcome.TrySetResult(outcome);
}
