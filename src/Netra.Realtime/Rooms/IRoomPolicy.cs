using Netra.Realtime.Protocol;

namespace Netra.Realtime.Rooms;

/// <summary>Decides which rooms a client may join by itself. Without one of the application's every <c>join</c> is answered with <c>forbidden</c>.</summary>
/// <remarks>Resolved from the scope of the message, so it may use scoped services. Called off the read loop, one message of a connection at a time; what it throws costs that message (<c>internal</c>).</remarks>
public interface IRoomPolicy
{
    /// <summary>Whether a user may be in a room. Rooms that do not exist are asked about too: answer for them as for any other.</summary>
    /// <param name="user">The user, as the connection was accepted.</param>
    /// <param name="room">The room, of the user's tenant; the client's word.</param>
    /// <param name="cancellationToken">Cancelled when the connection closes.</param>
    /// <returns>Whether it may.</returns>
    ValueTask<bool> MayJoinAsync(UserId user, RoomId room, CancellationToken cancellationToken);
}
