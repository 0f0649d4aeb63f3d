using System.Runtime.InteropServices;

namespace Netra.Realtime.Emitters;

/// <summary>What became of an event of a room.</summary>
/// <param name="Members">Into how many members' logs it went.</param>
/// <param name="ConnectedMembers">How many of them are connected now; the others get it when they resume.</param>
/// <param name="PendingBytes">What waits on the slowest of their connections, in bytes: back-pressure for a producer that cares.</param>
/// <param name="Refusal">Why it was refused; then it is in nobody's log.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RoomEmitResult(
    int Members = 0, int ConnectedMembers = 0, long PendingBytes = 0, EmitRefusal Refusal = EmitRefusal.None);
