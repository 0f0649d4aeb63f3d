using Netra.Realtime.Protocol;

namespace Netra.Realtime.Administration;

/// <summary>For operators: who is here, and sending away. Of this host only. Safe to call concurrently.</summary>
/// <remarks>What it returns are copies; nothing can be delivered by way of them. Nothing in them is an event's payload.</remarks>
public interface IRealtimeAdministration
{
    /// <summary>What the host has counted, and how full it is.</summary>
    /// <returns>A snapshot; each figure is of its own moment.</returns>
    RealtimeStats GetStats();

    /// <summary>The users that something is kept of, connected or not, by tenant and value in ordinal order.</summary>
    /// <param name="after">Where the page begins: the last user of the page before, or null for the first page.</param>
    /// <param name="max">How many, from 1 to 10,000.</param>
    /// <returns>At most that many; fewer on the last page. Each is a snapshot of one moment, the page is not.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is out of its range.</exception>
    IReadOnlyList<UserSnapshot> GetUsers(UserId? after = null, int max = 100);

    /// <summary>One user.</summary>
    /// <param name="user">The user.</param>
    /// <returns>Null when nothing is kept of it.</returns>
    UserSnapshot? FindUser(UserId user);

    /// <summary>Closes all connections of a user that there are now. Nothing more is delivered to them from here on.</summary>
    /// <param name="user">The user.</param>
    /// <param name="how">With which words, and whether they may come back; null: 4400, <c>disconnected</c>.</param>
    /// <returns>How many.</returns>
    int DisconnectUser(UserId user, Disconnection? how = null);

    /// <summary>Closes the connection of one client instance of a user.</summary>
    /// <param name="user">The user.</param>
    /// <param name="client">The client instance.</param>
    /// <param name="how">As of <see cref="DisconnectUser"/>.</param>
    /// <returns>Whether there was one.</returns>
    bool DisconnectClient(UserId user, ClientId client, Disconnection? how = null);

    /// <summary>Closes one connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="how">As of <see cref="DisconnectUser"/>.</param>
    /// <returns>Whether it was there, and not closing already.</returns>
    bool DisconnectConnection(ConnectionId connection, Disconnection? how = null);

    /// <summary>Closes all connections of a user with 4500 and refuses new ones with 403, until <see cref="Restore"/> or the end of the host.</summary>
    /// <param name="user">The user. Its runs go on; cancel them where they are to end too.</param>
    /// <returns>How many connections were closed.</returns>
    int Revoke(UserId user);

    /// <summary>Lets a user connect again.</summary>
    /// <param name="user">The user.</param>
    /// <returns>Whether it was revoked.</returns>
    bool Restore(UserId user);
}
