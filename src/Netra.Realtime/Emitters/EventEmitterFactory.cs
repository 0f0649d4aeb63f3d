using Netra.Realtime.Protocol;
using Netra.Realtime.Rooms;

namespace Netra.Realtime.Emitters;

/// <summary>Makes emitters, each for one user or for one room. Safe to call concurrently.</summary>
public sealed class EventEmitterFactory
{
    private readonly EventWriter _writer;
    private readonly RoomDirectory _rooms;

    internal EventEmitterFactory(EventWriter writer, RoomDirectory rooms)
    {
        _writer = writer;
        _rooms = rooms;
    }

    /// <summary>An emitter for the events of one user.</summary>
    /// <param name="user">The user; an emitter never reaches anybody else.</param>
    /// <param name="thread">The conversation that its events belong to, or null.</param>
    /// <returns>A light object: make one when it is needed, or keep it; it stays valid while the user comes and goes.</returns>
    /// <exception cref="ArgumentException">The user is <c>default</c>, which is nobody.</exception>
    public UserEventEmitter CreateFor(UserId user, ThreadId? thread)
    {
        if (user == default)
        {
            throw new ArgumentException("An emitter is for a user.", nameof(user));
        }

        return new UserEventEmitter(_writer, user, thread);
    }

    /// <summary>An emitter for the events of one user that belong to no conversation.</summary>
    /// <param name="user">The user; an emitter never reaches anybody else.</param>
    /// <returns>As of the other overload.</returns>
    /// <exception cref="ArgumentException">The user is <c>default</c>, which is nobody.</exception>
    public UserEventEmitter CreateFor(UserId user) => CreateFor(user, null);

    /// <summary>An emitter for the events of one room.</summary>
    /// <param name="room">The room; its members are whoever has joined by the time of an event.</param>
    /// <param name="tenant">The tenant that the room is of, or null; the same name in another tenant is another room.</param>
    /// <returns>A light object: make one when it is needed, or keep it; it stays valid while members come and go.</returns>
    /// <exception cref="ArgumentException">The room is <c>default</c>, which is none, or the tenant is one that no user can have.</exception>
    public RoomEmitter CreateFor(RoomId room, string? tenant)
    {
        if (room == default)
        {
            throw new ArgumentException("An emitter is for a room.", nameof(room));
        }

        if (tenant is not null)
        {
            _ = UserId.Create(room.Value, tenant); // a tenant that no user can have is a mistake, not a room without members
        }

        return new RoomEmitter(_writer, _rooms, new RoomKey(tenant, room));
    }

    /// <summary>An emitter for the events of one room that is of no tenant.</summary>
    /// <param name="room">The room.</param>
    /// <returns>As of the other overload.</returns>
    /// <exception cref="ArgumentException">The room is <c>default</c>, which is none.</exception>
    public RoomEmitter CreateFor(RoomId room) => CreateFor(room, null);

    /// <summary>Opens a scope in which events are written together at its end, such as a burst of text: <c>using (emitters.Batch()) { … }</c>.</summary>
    /// <returns>The scope, of this thread; see <see cref="EmitBatch"/>.</returns>
    public EmitBatch Batch() => new(_writer.Sessions.Batches.Begin());
}
