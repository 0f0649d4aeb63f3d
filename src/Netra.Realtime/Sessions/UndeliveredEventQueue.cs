using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>What left the logs undelivered, on its way to the application: on the pool, one call at a time, what waits meanwhile grouped by run.</summary>
/// <remarks>Safe for concurrent use. Logs add under their gates, so adding only takes note.</remarks>
internal sealed class UndeliveredEventQueue(
    Func<UndeliveredEvents, Task> handle, Func<UserId, ulong> stampOf, Action? onForeignStamp, LogCounters counters, ILogger logger)
{
    internal const int MaxEvents = 100_000;
    internal const long MaxBytes = 64 * 1024 * 1024;

    private readonly SafeLogger _logger = SafeLogger.Of(logger);
    private readonly Lock _gate = new();
    private readonly PendingWork _pending = new();

    // Guarded by _gate.
    private List<UndeliveredEvent> _waiting = [];

    // What waits and what is being handled: both are held.
    private int _held;
    private long _heldBytes;
    private bool _isHandling;

    public bool IsHalfFull
    {
        get
        {
            lock (_gate)
            {
                return _held >= MaxEvents / 2 || _heldBytes >= MaxBytes / 2;
            }
        }
    }

    public void Add(IEnumerable<UndeliveredEvent> events)
    {
        lock (_gate)
        {
            foreach (UndeliveredEvent lost in events)
            {
                if (_held >= MaxEvents || _heldBytes + lost.StampedMessage.Length > MaxBytes)
                {
                    counters.NoteUnhandled(1);
                    continue;
                }

                _waiting.Add(lost);
                _held++;
                _heldBytes += lost.StampedMessage.Length;
            }

            if (!_isHandling && _waiting.Count > 0)
            {
                _isHandling = true;
                _ = _pending.Run(HandleAllAsync);
            }
        }
    }

    /// <summary>When nothing waits.</summary>
    public Task WhenIdleAsync() => _pending.WhenIdleAsync();

    private async Task HandleAllAsync()
    {
        while (TakeAll() is { Count: > 0 } taken)
        {
            foreach (var run in taken.GroupBy(lost => (lost.User, lost.Thread, lost.Run, lost.Reason)))
            {
                (UserId user, ThreadId? thread, RunId? id, UndeliveredReason reason) = run.Key;
                ulong stamp = stampOf(user);
                List<AgentEvent> events = [.. run.Select(lost => ReadSafely(lost, stamp)).OfType<AgentEvent>()];
                if (events.Count > 0)
                {
                    await HandleAsync(new UndeliveredEvents(user, thread, id, reason, events)).ConfigureAwait(false);
                }

                Release(run);
            }
        }
    }

    // What is nested deeper than the reader goes cannot be handed over; it must not take the others with it.
    private AgentEvent? ReadSafely(UndeliveredEvent lost, ulong stamp)
    {
        // The stamp came with the bytes, as for a connection: whose they are is not asked of the log that they lay in.
        if (BinaryPrimitives.ReadUInt64LittleEndian(lost.StampedMessage) != stamp)
        {
            counters.NoteUnhandled(1);
            onForeignStamp?.Invoke();
            return null;
        }

        try
        {
            return (AgentEvent?)ServerMessageReader.Read(lost.StampedMessage.AsSpan(LogEntry.StampBytes));
        }
        catch (Exception e)
        {
            // Our own bytes: whatever it is, it is counted and said.
            counters.NoteUnhandled(1);
            SessionsLog.UndeliveredHandlerThrew(_logger, e, 1);
            return null;
        }
    }

    private List<UndeliveredEvent> TakeAll()
    {
        lock (_gate)
        {
            List<UndeliveredEvent> taken = _waiting;
            _waiting = [];
            _isHandling = taken.Count > 0;
            return taken;
        }
    }

    private void Release(IEnumerable<UndeliveredEvent> handled)
    {
        lock (_gate)
        {
            foreach (UndeliveredEvent lost in handled)
            {
                _held--;
                _heldBytes -= lost.StampedMessage.Length;
            }
        }
    }

    private async Task HandleAsync(UndeliveredEvents events)
    {
        try
        {
            await handle(events).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The application's own: the other runs are told, and nobody else is concerned.
            counters.NoteUnhandled(events.Events.Count);
            SessionsLog.UndeliveredHandlerThrew(_logger, e, events.Events.Count);
        }
    }
}
