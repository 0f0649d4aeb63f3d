using Netra.Realtime.Protocol;

namespace Netra.Realtime.Rooms;

/// <summary>Rooms are of a tenant, as users are: the same name elsewhere is another room.</summary>
internal readonly record struct RoomKey(string? Tenant, RoomId Room);
