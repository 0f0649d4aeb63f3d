namespace Netra.Realtime.Sessions;

/// <summary>Who has to go when there is no place for a newcomer. Nobody's newcomer ever ends another user's connection.</summary>
public enum ConnectionLimitPolicy
{
    /// <summary>The newcomer: 1013.</summary>
    RefuseNewest,

    /// <summary>Of the same user's connections the one that has been there for longest: 4509. The newcomer, where its user has none.</summary>
    EvictOldest,

    /// <summary>Of the same user's connections the one whose client has sent no message for longest: 4509. The newcomer, where its user has none.</summary>
    EvictLeastRecentlyActive,
}
