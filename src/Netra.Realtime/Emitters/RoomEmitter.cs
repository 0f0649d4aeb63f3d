using System.Text.Json.Serialization.Metadata;
using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Emitters;

/// <summary>Emits the application's own events to everybody in a room.</summary>
/// <remarks>
/// An event is encoded once and put into the log of each member, with an id of that log: a member who is away gets it after the resume,
/// like everything else. Emitting is synchronous and never waits for a connection; the sockets are written on the thread pool, also in a
/// batch scope. Safe to call concurrently; events of one caller keep their order for each member.
/// </remarks>
public sealed class RoomEmitter
{
    private readonly EventWriter _writer;
    private readonly RoomDirectory _rooms;
    private readonly RoomKey _key;
    private readonly byte[] _identity;

    internal RoomEmitter(EventWriter writer, RoomDirectory rooms, RoomKey key)
    {
        _writer = writer;
        _rooms = rooms;
        _key = key;
        _identity = EventEnvelopeWriter.EncodeIdentity(null, null, null, key.Room);
    }

    /// <summary>The room.</summary>
    public RoomId Room => _key.Room;

    /// <summary>The tenant that the room is of, or null.</summary>
    public string? Tenant => _key.Tenant;

    /// <summary>Emits an event to whoever is a member now.</summary>
    /// <typeparam name="T">The type of the payload, an <see cref="EventPayload"/> among others.</typeparam>
    /// <param name="type"><c>[a-z][a-z0-9_.]{0,63}</c>, not reserved; see <see cref="EventTypes.IsCustom"/>.</param>
    /// <param name="payload">The payload; serialized during the call, sanitized, and refused when the event would be above 64 KiB.</param>
    /// <param name="options">How readers that are behind are treated.</param>
    /// <returns>Whom it reached. A room without members is no error.</returns>
    /// <exception cref="ArgumentException">The type may not be used.</exception>
    public RoomEmitResult Emit<T>(string type, T payload, EmitOptions options)
    {
        UserEventEmitter.RequireCustom(type);
        if (_writer.Sheds(options.Delivery))
        {
            return new RoomEmitResult(Refusal: EmitRefusal.Shed);
        }

        EventEncoder encoder = _writer.Rent();
        try
        {
            encoder.Begin(type, _writer.Time.GetUtcNow(), _identity);
            EmitRefusal refusal = encoder.Whole(EventPayload.From(payload));
            if (refusal != EmitRefusal.None)
            {
                return new RoomEmitResult(Refusal: refusal);
            }

            encoder.End();
            return _rooms.Find(_key) is { } room ? Append(room, encoder, type, options) : default;
        }
        finally
        {
            _writer.Return(encoder);
        }
    }

    /// <inheritdoc cref="Emit{T}(string, T, EmitOptions)"/>
    public RoomEmitResult Emit<T>(string type, T payload) => Emit(type, payload, default(EmitOptions));

    /// <summary>Emits an event to whoever is a member now, serialized by a type info: safe under trimming and AOT.</summary>
    /// <typeparam name="T">The type of the payload.</typeparam>
    /// <param name="type"><c>[a-z][a-z0-9_.]{0,63}</c>, not reserved; see <see cref="EventTypes.IsCustom"/>.</param>
    /// <param name="payload">The payload; serialized during the call, sanitized, and refused when the event would be above 64 KiB.</param>
    /// <param name="typeInfo">How the payload is serialized.</param>
    /// <param name="options">How readers that are behind are treated.</param>
    /// <returns>Whom it reached. A room without members is no error.</returns>
    /// <exception cref="ArgumentException">The type may not be used.</exception>
    public RoomEmitResult Emit<T>(string type, T payload, JsonTypeInfo<T> typeInfo, EmitOptions options = default) =>
        Emit(type, EventPayload.From(payload, typeInfo), options);

    // To each member's log under that member's gate, with a block of its own: what is in a log is only ever that user's.
    private RoomEmitResult Append(Room room, EventEncoder encoder, string type, EmitOptions options)
    {
        int members = 0;
        int connected = 0;
        long pending = 0;
        bool hasStopped = false;
        foreach ((UserSession member, _) in room.Members)
        {
            LogEntry entry = _writer.ToEntry(encoder, null, null);
            UserEventEmitter.Classify(entry, type, options, _key.Room);
            AppendResult result = member.AppendOfGroup(entry);
            if (result.Status != AppendStatus.Appended)
            {
                _writer.Sessions.Pool.Return(entry); // evicted in this moment, and so no member any more; or the host has stopped
                hasStopped |= result.Status == AppendStatus.HostStopped;
                continue;
            }

            _writer.Sessions.NoteIfRetired(member);
            members++;
            connected += result.Connections > 0 ? 1 : 0;
            pending = Math.Max(pending, result.PendingBytes);
        }

        _writer.Sessions.HoldBudget();
        return new RoomEmitResult(members, connected, pending, hasStopped && members == 0 ? EmitRefusal.HostStopped : EmitRefusal.None);
    }
}
