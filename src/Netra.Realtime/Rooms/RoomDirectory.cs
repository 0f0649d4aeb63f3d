using System.Collections.Concurrent;

namespace Netra.Realtime.Rooms;

/// <summary>The rooms of a host that have members. Safe for concurrent use.</summary>
internal sealed class RoomDirectory
{
    private readonly ConcurrentDictionary<RoomKey, Room> _rooms = new();

    public int Count => _rooms.Count;

    public Room? Find(RoomKey key) => _rooms.GetValueOrDefault(key);

    public Room GetOrAdd(RoomKey key) => _rooms.GetOrAdd(key, static (key, directory) => new Room(directory, key), this);

    /// <summary>By key and value: another room of the same name may stand there already.</summary>
    public void Remove(Room room) => _rooms.TryRemove(KeyValuePair.Create(room.Key, room));
}
