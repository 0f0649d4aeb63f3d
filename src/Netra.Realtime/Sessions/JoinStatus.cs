namespace Netra.Realtime.Sessions;

/// <summary>What became of joining a group.</summary>
internal enum JoinStatus
{
    /// <summary>The user is a member, maybe from before.</summary>
    Joined,

    /// <summary>The user is a member of as many groups as it may be.</summary>
    LimitExceeded,

    /// <summary>The session has ended: ask the directory for another.</summary>
    SessionEvicted,

    /// <summary>The last member of the group has just left: ask for another.</summary>
    GroupClosed,
}
