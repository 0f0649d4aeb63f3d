using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Rooms;

/// <summary>Who is in which room, as the application decides it. Safe to call concurrently.</summary>
/// <remarks>
/// A membership is the user's: all its connections have it, and it outlasts them. It ends with <see cref="Leave"/> and when nothing more
/// is kept of the user (three minutes after its last connection, run and event by default, <c>Retention.RetiredFor</c>): whoever is to be in a
/// room for longer is joined again when it connects.
/// </remarks>
public sealed class RealtimeRooms
{
    private readonly RoomDirectory _rooms;
    private readonly SessionDirectory _sessions;

    internal RealtimeRooms(RoomDirectory rooms, SessionDirectory sessions)
    {
        _rooms = rooms;
        _sessions = sessions;
    }

    /// <summary>Makes a user a member of a room of its tenant, connected or not. No policy is asked: the application is trusted.</summary>
    /// <param name="user">The user.</param>
    /// <param name="room">The room; it comes into being with its first member.</param>
    /// <returns>Joined, also when it was a member before; or that it is in as many rooms as it may be.</returns>
    /// <exception cref="ArgumentException">The user or the room is <c>default</c>, which is none.</exception>
    public RoomJoinOutcome Join(UserId user, RoomId room)
    {
        RoomKey key = KeyOf(user, room);
        for (SpinWait lost = default; ; lost.SpinOnce())
        {
            UserSession session = _sessions.GetOrAdd(user);
            Room found = _rooms.GetOrAdd(key);
            JoinStatus status = session.Join(found);
            _sessions.NoteIfRetired(session);
            if (status == JoinStatus.Joined)
            {
                return RoomJoinOutcome.Joined;
            }

            found.CloseIfEmpty(); // it may have been made for this user only
            if (status == JoinStatus.LimitExceeded)
            {
                return RoomJoinOutcome.LimitExceeded;
            }
        }
    }

    /// <summary>Ends a membership. What the room has sent already stays in the user's log.</summary>
    /// <param name="user">The user.</param>
    /// <param name="room">The room.</param>
    /// <returns>Whether the user was a member.</returns>
    /// <exception cref="ArgumentException">The user or the room is <c>default</c>, which is none.</exception>
    public bool Leave(UserId user, RoomId room) =>
        _rooms.Find(KeyOf(user, room)) is { } found && _sessions.Find(user)?.Leave(found) == true;

    private static RoomKey KeyOf(UserId user, RoomId room)
    {
        if (user == default || room == default)
        {
            throw new ArgumentException("A membership is of a user in a room.", user == default ? nameof(user) : nameof(room));
        }

        return new RoomKey(user.Tenant, room);
    }
}
