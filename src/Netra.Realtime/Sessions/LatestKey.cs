using System.Runtime.InteropServices;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>Two <see cref="DeliveryClass.Latest"/> events with equal keys are the same thing, and only the newer counts.</summary>
/// <remarks>Thread and run are part of the key, so no filter loses the old value without seeing the new one; the room is, because it is another sender.</remarks>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LatestKey(ThreadId? Thread, RunId? Run, string Type, string Key, RoomId? Room = null);
