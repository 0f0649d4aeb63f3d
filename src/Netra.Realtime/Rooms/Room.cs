using System.Collections.Concurrent;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Rooms;

/// <summary>The members of one room of one tenant. It is there while somebody is in it.</summary>
/// <remarks>
/// <c>_gate</c> orders joining and leaving, so that a room which was given up takes nobody in; it is taken under a session's gate and
/// nothing is taken under it. Emitting walks the members without any lock: who joins or leaves meanwhile gets the event or does not.
/// </remarks>
internal sealed class Room(RoomDirectory directory, RoomKey key) : SessionGroup
{
    private readonly ConcurrentDictionary<UserSession, bool> _members = new();
    private readonly Lock _gate = new();
    private int _count;
    private bool _isClosed;

    public RoomKey Key => key;

    /// <summary>The members: nobody else can be reached from here.</summary>
    public IEnumerable<KeyValuePair<UserSession, bool>> Members => _members;

    /// <inheritdoc/>
    public override bool TryAdd(UserSession member)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            _count += _members.TryAdd(member, true) ? 1 : 0;
            return true;
        }
    }

    /// <inheritdoc/>
    public override void Remove(UserSession member)
    {
        lock (_gate)
        {
            _count -= _members.TryRemove(member, out _) ? 1 : 0;
        }

        CloseIfEmpty();
    }

    /// <summary>A room that nobody is in is given up.</summary>
    public void CloseIfEmpty()
    {
        lock (_gate)
        {
            if (_count == 0 && !_isClosed)
            {
                _isClosed = true;
                directory.Remove(this);
            }
        }
    }
}
