using System.Collections.Concurrent;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Connections;

/// <summary>The users that an operator has shut out, until they are restored. Safe for concurrent use.</summary>
/// <remarks>A connect asks before and after it has its place. Whoever revokes adds the user first and then closes what has a place: one of the two sees the other.</remarks>
internal sealed class RevokedUsers
{
    private readonly ConcurrentDictionary<UserId, bool> _users = new();

    public int Count => _users.Count;

    public bool Contains(UserId user) => _users.ContainsKey(user);

    public void Add(UserId user) => _users[user] = true;

    public bool Remove(UserId user) => _users.TryRemove(user, out _);
}
