using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>Somebody waits until a client says that it has handled an event. Guarded by the session's gate; the task is for whoever waits.</summary>
internal sealed class AcknowledgementWait(long sequence, ThreadId? thread, RunId? run)
{
    private readonly TaskCompletionSource<AcknowledgementOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // A client by its name, which outlasts the connection, or a connection.
    private readonly List<object> _sentTo = [];

    public long Sequence { get; } = sequence;

    public ThreadId? Thread { get; } = thread;

    public RunId? Run { get; } = run;

    /// <summary>How many wait for this.</summary>
    public int Waiting { get; set; }

    public Task<AcknowledgementOutcome> Outcome => _outcome.Task;

    public void NoteSent(LogCursor cursor)
    {
        if (!WasSentTo(cursor))
        {
            _sentTo.Add(NameOf(cursor));
        }
    }

    public bool WasSentTo(LogCursor cursor) => _sentTo.Contains(NameOf(cursor));

    /// <summary>The first outcome counts.</summary>
    public void Settle(AcknowledgementOutcome outcome) => _outcome.TrySetResult(outcome);

    private static object NameOf(LogCursor cursor) => cursor.Client is { } client ? client : cursor;
}
