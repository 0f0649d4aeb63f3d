namespace Netra.Realtime.Sessions;

/// <content>What this user is a member of.</content>
internal sealed partial class UserSession
{
    // Guarded by the gate. Few users have any.
    private HashSet<SessionGroup>? _groups;

    /// <summary>Makes the user a member. Doing it again changes nothing.</summary>
    public JoinStatus Join(SessionGroup group)
    {
        lock (_gate)
        {
            if (IsEvictedLocked)
            {
                return JoinStatus.SessionEvicted;
            }

            if (_groups?.Contains(group) == true)
            {
                return JoinStatus.Joined;
            }

            if (_groups?.Count >= _settings.MaxRooms)
            {
                return JoinStatus.LimitExceeded;
            }

            if (!group.TryAdd(this))
            {
                return JoinStatus.GroupClosed;
            }

            (_groups ??= []).Add(group);
            RetireIfUnusedLocked(); // from now on again, as after an event
            return JoinStatus.Joined;
        }
    }

    /// <summary>Ends a membership.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Leave(SessionGroup group)
    {
        lock (_gate)
        {
            if (_groups?.Remove(group) != true)
            {
                return false;
            }

            group.Remove(this);
            return true;
        }
    }

    private void LeaveAllLocked()
    {
        foreach (SessionGroup group in _groups ?? [])
        {
            group.Remove(this);
        }

        _groups = null;
    }
}
