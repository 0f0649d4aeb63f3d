namespace Netra.Realtime.Rooms;

/// <summary>What became of joining a room.</summary>
public enum RoomJoinOutcome
{
    /// <summary>The user is a member now, or was before.</summary>
    Joined,

    /// <summary>The user is in as many rooms as it may be (<c>Limits.MaxRoomsPerUser</c>).</summary>
    LimitExceeded,
}
