using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>A run from its start to its terminal event: what the contract has to know of it.</summary>
/// <remarks>Identity is immutable; everything else is guarded by the gate of the session that holds the run.</remarks>
internal sealed class OpenRun(RunId id, ThreadId? thread, string agent, long startTimestamp)
{
    public RunId Id { get; } = id;

    public ThreadId? Thread { get; } = thread;

    public string Agent { get; } = agent;

    /// <summary>Of <see cref="TimeProvider.GetTimestamp"/>: durations are monotonic.</summary>
    public long StartTimestamp { get; } = startTimestamp;

    /// <summary>What every event of the run carries, encoded once.</summary>
    public byte[] Identity { get; } = EventEnvelopeWriter.EncodeIdentity(thread, id, agent, room: null);

    public long FirstSequence { get; set; }

    public bool HasEnded { get; set; }

    /// <summary>How it ended; null until it has.</summary>
    public RunEnd? EndedAs { get; set; }

    /// <summary>Somebody is ending the run: open calls are being completed, nothing else is accepted.</summary>
    public bool IsEnding { get; set; }

    public Dictionary<CallId, OpenTool> OpenTools { get; } = [];

    /// <summary>The number of the part that text goes to; 0 before the first.</summary>
    public int Part { get; set; }

    /// <summary>Whether the part goes on: false after any other event of the run.</summary>
    public bool PartIsOpen { get; set; }

    public bool PartIsThinking { get; set; }

    /// <summary>The first half of a surrogate pair that the last delta ended with; 0 when there is none.</summary>
    public char PendingSurrogate { get; set; }

    /// <summary>The segment that text goes to, while it has room.</summary>
    public LogEntry? Segment { get; set; }

    /// <summary>What the application wants done when the run has ended; few runs have any.</summary>
    public CleanupStack? Cleanups { get; set; }

    /// <summary>What a client's or the application's <c>cancel</c>, the watchdog and the stop of the host trigger.</summary>
    public RunCancellation Cancellation { get; } = new();

    /// <summary>Who is to end the run; when it is collected nobody will. Null: nobody asks.</summary>
    public WeakReference<object>? Owner { get; set; }

    /// <summary>How long the run may be without an event before it has timed out; infinite: as long as it likes.</summary>
    public TimeSpan MaxSilence { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>When it had its last event, by the clock of its log.</summary>
    public uint LastEventAt { get; set; }

    /// <summary>Completes when the run has ended; made when the first waits for it.</summary>
    public TaskCompletionSource? WhenEnded { get; set; }
}
