using Netra.Realtime.Protocol;

namespace Netra.Realtime.Rooms;

/// <summary>The default: clients join nothing by themselves.</summary>
internal sealed class RefuseAllRooms : IRoomPolicy
{
    public ValueTask<bool> MayJoinAsync(UserId user, RoomId room, CancellationToken cancellationToken) => ValueTask.FromResult(false);
}
