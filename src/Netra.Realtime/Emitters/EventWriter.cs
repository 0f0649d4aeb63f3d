using System.Collections.Concurrent;
using System.Text.Json;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Emitters;

/// <summary>What all emitters of a host share: encoders, the directory of sessions, the clock.</summary>
/// <remarks>Safe for concurrent use; an encoder is lent to one thread at a time.</remarks>
internal sealed class EventWriter(SessionDirectory sessions, EventLimits limits, JsonSerializerOptions serializerOptions, TimeProvider time)
{
    private const int MaxIdleEncoders = 64;

    private readonly ConcurrentQueue<EventEncoder> _encoders = new();

    public SessionDirectory Sessions => sessions;

    public EventLimits Limits => limits;

    public TimeProvider Time => time;

    /// <summary>Whether an event is to be refused because the host is hard pressed; then it is counted. Asked before anything is done for it.</summary>
    public bool Sheds(DeliveryClass delivery)
    {
        if (!delivery.MayBeShed() || sessions.Pressure.Stage != PressureStage.Shedding)
        {
            return false;
        }

        sessions.Pool.Counters.NoteShed();
        return true;
    }

    public EventEncoder Rent() => _encoders.TryDequeue(out EventEncoder? encoder) ? encoder : new EventEncoder(limits, serializerOptions);

    public void Return(EventEncoder encoder)
    {
        if (_encoders.Count < MaxIdleEncoders)
        {
            _encoders.Enqueue(encoder);
        }
    }

    /// <summary>Puts an encoded event into a block of its own, before any lock is taken.</summary>
    public LogEntry ToEntry(EventEncoder encoder, ThreadId? thread, RunId? run)
    {
        LogEntry entry = sessions.Pool.Rent(LogEntry.HeadBytes + encoder.Body.Length);
        entry.SetBody(encoder.Body);
        entry.Thread = thread;
        entry.Run = run;
        return entry;
    }

    /// <summary>What remains to be done after an append: nothing that was refused may be kept, and all logs together have a budget.</summary>
    public EmitResult Finish(AppendResult result, LogEntry owned)
    {
        if (result.Status != AppendStatus.Appended)
        {
            sessions.Pool.Return(owned);
        }

        sessions.HoldBudget();
        return EmitResult.From(result);
    }
}
