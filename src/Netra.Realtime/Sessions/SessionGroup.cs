namespace Netra.Realtime.Sessions;

/// <summary>Something that sessions are members of, such as a room. A membership belongs to the session and ends with it.</summary>
/// <remarks>Called under the session's gate, so that joining, leaving and eviction cannot interleave: nothing but the group's own set may be touched in it.</remarks>
internal abstract class SessionGroup
{
    /// <summary>Adds a member.</summary>
    /// <returns>False when the group was given up in the meantime: look it up again.</returns>
    public abstract bool TryAdd(UserSession member);

    /// <summary>Removes a member.</summary>
    public abstract void Remove(UserSession member);
}
