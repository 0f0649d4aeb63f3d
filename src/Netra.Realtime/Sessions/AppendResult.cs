using System.Runtime.InteropServices;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Sessions;

/// <summary>What became of an append. <see cref="Id"/> is empty when nothing got a number.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AppendResult(AppendStatus Status, EventId Id = default, int Connections = 0, long PendingBytes = 0);
