using System.Text.Json.Serialization.Metadata;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Emitters;

/// <summary>Emits events of one user: the application's own, and runs.</summary>
/// <remarks>
/// Emitting is synchronous and never waits for a connection. Safe to call concurrently; events of one caller keep their order. It
/// throws only for mistakes of the programmer: everything else is in the result.
/// </remarks>
public sealed class UserEventEmitter
{
    private readonly EventWriter _writer;
    private readonly byte[] _identity;

    // Only to save the look-up: an evicted one refuses, and is looked up anew. An emitter that is kept and not used again holds a few KB by
    // it, since the log has given its blocks back; a weak reference would cost each emitter an object and each event a look through it.
    private UserSession? _session;

    internal UserEventEmitter(EventWriter writer, UserId user, ThreadId? thread)
    {
        _writer = writer;
        _identity = EventEnvelopeWriter.EncodeIdentity(thread, null, null, null);
        User = user;
        Thread = thread;
    }

    /// <summary>The user.</summary>
    public UserId User { get; }

    /// <summary>The conversation that the events belong to, or null.</summary>
    public ThreadId? Thread { get; }

    /// <summary>Emits an event of the application's own type.</summary>
    /// <typeparam name="T">The type of the payload, an <see cref="EventPayload"/> among others.</typeparam>
    /// <param name="type"><c>[a-z][a-z0-9_.]{0,63}</c>, not reserved; see <see cref="EventTypes.IsCustom"/>.</param>
    /// <param name="payload">The payload; serialized during the call, sanitized, and refused when the event would be above 64 KiB.</param>
    /// <param name="options">How readers that are behind are treated.</param>
    /// <returns>What became of it.</returns>
    /// <exception cref="ArgumentException">The type may not be used.</exception>
    public EmitResult Emit<T>(string type, T payload, EmitOptions options)
    {
        RequireCustom(type);
        if (_writer.Sheds(options.Delivery))
        {
            return EmitResult.Refused(EmitRefusal.Shed);
        }

        EventEncoder encoder = _writer.Rent();
        try
        {
            encoder.Begin(type, _writer.Time.GetUtcNow(), _identity);
            EmitRefusal refusal = encoder.Whole(EventPayload.From(payload));
            if (refusal != EmitRefusal.None)
            {
                return EmitResult.Refused(refusal);
            }

            encoder.End();
            LogEntry entry = _writer.ToEntry(encoder, Thread, null);
            Classify(entry, type, options);
            UserSession session = _session ?? _writer.Sessions.GetOrAdd(User);
            AppendResult result = session.Append(entry);
            for (SpinWait evictions = default; result.Status == AppendStatus.SessionEvicted; evictions.SpinOnce())
            {
                session = _writer.Sessions.GetOrAdd(User);
                result = session.Append(entry);
            }

            _session = session;
            _writer.Sessions.NoteIfRetired(session);
            return _writer.Finish(result, entry);
        }
        finally
        {
            _writer.Return(encoder);
        }
    }

    /// <inheritdoc cref="Emit{T}(string, T, EmitOptions)"/>
    public EmitResult Emit<T>(string type, T payload) => Emit(type, payload, default(EmitOptions));

    /// <summary>Emits an event of the application's own type, serialized by a type info: safe under trimming and AOT.</summary>
    /// <typeparam name="T">The type of the payload.</typeparam>
    /// <param name="type"><c>[a-z][a-z0-9_.]{0,63}</c>, not reserved; see <see cref="EventTypes.IsCustom"/>.</param>
    /// <param name="payload">The payload; serialized during the call, sanitized, and refused when the event would be above 64 KiB.</param>
    /// <param name="typeInfo">How the payload is serialized.</param>
    /// <param name="options">How readers that are behind are treated.</param>
    /// <returns>What became of it.</returns>
    /// <exception cref="ArgumentException">The type may not be used.</exception>
    public EmitResult Emit<T>(string type, T payload, JsonTypeInfo<T> typeInfo, EmitOptions options = default) =>
        Emit(type, EventPayload.From(payload, typeInfo), options);

    /// <summary>Opens a run and emits <c>agent_started</c>. Dispose of it: what is not ended by then is <c>interrupted</c>.</summary>
    /// <param name="agent">The name of the agent, 1 to 256 units.</param>
    /// <param name="start">More about the run.</param>
    /// <returns>The run; when it was refused (<see cref="RunEmitter.Started"/>), all that follows is refused too.</returns>
    public RunEmitter StartRun(string agent, RunStart? start = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(agent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(agent.Length, 256, nameof(agent));
        if (start?.MaxSilence is { } silence && silence != Timeout.InfiniteTimeSpan && (silence <= TimeSpan.Zero || silence > TimeSpan.FromDays(7)))
        {
            throw new ArgumentOutOfRangeException(nameof(start), silence, "MaxSilence is above 0 and at most 7 days, or infinite.");
        }

        return RunEmitter.Start(_writer, User, Thread, agent, start ?? new RunStart());
    }

    /// <summary>Completes when an event was flushed to one of the user's connections, or never will be.</summary>
    /// <param name="eventId">The id from the result of emitting it.</param>
    /// <param name="cancellationToken">Gives up waiting; the event is not recalled.</param>
    /// <returns>What became of it. Nothing is kept for events that nobody waits for, so ask right after emitting. Once the host has closed its
    /// connections nobody waits any more: <see cref="DeliveryOutcome.NotDelivered"/>.</returns>
    public async Task<DeliveryOutcome> WhenDeliveredAsync(EventId eventId, CancellationToken cancellationToken = default)
    {
        if (_writer.Sessions.Find(User) is not { } session)
        {
            return DeliveryOutcome.Unknown;
        }

        Task<DeliveryOutcome> outcome = session.WhenDelivered(eventId);
        GiveUpIfStopped(session);
        return await outcome.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Completes when a client has said that it has handled an event.</summary>
    /// <param name="eventId">The id from the result of emitting it.</param>
    /// <param name="timeout">How long to wait, above 0 and at most a day.</param>
    /// <param name="cancellationToken">Gives up waiting; the event is not recalled.</param>
    /// <returns>What is known of it. At once where only readers are connected that do not acknowledge; while nobody is connected it waits for
    /// somebody to come, but not once the host has closed its connections. Nothing is kept for events that nobody waits for, so ask right after emitting.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time limit is out of its range.</exception>
    /// <remarks>A client acknowledges by <c>ack</c>, everything up to an id: what was left out for it by its filter is not meant.</remarks>
    public async Task<AcknowledgementOutcome> WhenAcknowledgedAsync(EventId eventId, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, TimeSpan.FromDays(1));
        if (_writer.Sessions.Find(User) is not { } session)
        {
            return AcknowledgementOutcome.Unknown;
        }

        Task<AcknowledgementOutcome> outcome = session.WhenAcknowledgedAsync(eventId, timeout, cancellationToken);
        GiveUpIfStopped(session);
        return await outcome.ConfigureAwait(false);
    }

    /// <summary>
    /// Registers what is to be done when nothing more is kept of the user (three minutes after its last connection, run and event by default,
    /// <c>Retention.RetiredFor</c>) or when the host stops: the last that was registered first, on the pool.
    /// </summary>
    /// <param name="callback">What it throws is logged, and the others are called all the same. When the host has stopped already, it is called at once.</param>
    /// <returns>Dispose of it to take the callback back.</returns>
    /// <exception cref="InvalidOperationException">There are 1,000 of the user already.</exception>
    /// <remarks>It keeps nothing of the user alive. Once called it is over: for a user that comes back, register again.</remarks>
    public IDisposable RegisterCleanup(Func<ValueTask> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        CleanupStack? cleanups;
        UserSession session;
        for (SpinWait evictions = default; ; evictions.SpinOnce())
        {
            session = _writer.Sessions.GetOrAdd(User);
            cleanups = session.Cleanups();
            if (cleanups is not null)
            {
                break;
            }
        }

        IDisposable? registration = cleanups.TryAdd(callback);
        _writer.Sessions.NoteIfRetired(session);
        if (registration is null)
        {
            _writer.Sessions.Cleanups.Run([callback]);
        }
        else if (_writer.Sessions.IsCleanedUp)
        {
            _writer.Sessions.Cleanups.Run(session.EndCleanups());
        }

        return registration ?? CleanupTaken.Instance;
    }

    /// <summary>What the user's log holds now. Reading it delivers nothing and takes no connection's place.</summary>
    /// <returns>The retained events and how many have left; empty for a user who was never here.</returns>
    public LogSnapshot ReadLog() =>
        _writer.Sessions.Find(User) is { } session
            ? new PeekCursor { OwnerStamp = _writer.Sessions.StampOf(User) }.Read(session)
            : new LogSnapshot([], _writer.Sessions.EvictedEventsOf(User));

    // Whoever began to wait after the stop looked.
    private void GiveUpIfStopped(UserSession session)
    {
        if (_writer.Sessions.IsCleanedUp)
        {
            session.GiveUpWaits();
        }
    }

    internal static void RequireCustom(string type)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (!EventTypes.IsCustom(type))
        {
            throw new ArgumentException($"'{type}' is not a name for an event of your own: [a-z][a-z0-9_.]{{0,63}}, not agent_*, tool_*, input_* or a control message.", nameof(type));
        }
    }

    internal static void Classify(LogEntry entry, string type, EmitOptions options, RoomId? room = null)
    {
        entry.Class = options.Delivery;
        if (options.Delivery == DeliveryClass.Latest)
        {
            entry.Key = new LatestKey(entry.Thread, entry.Run, type, options.Key ?? "", room);
        }
    }
}
