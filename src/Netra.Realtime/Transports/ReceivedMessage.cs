using System.Buffers;
using System.Runtime.InteropServices;

namespace Netra.Realtime.Transports;

/// <summary>What a receive brought.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Payload">The whole message, text or binary, or what the pong carries; valid until the next receive.</param>
/// <param name="CloseCode">With <see cref="ReceivedKind.Close"/>: the peer's code, 1005 where it gave none.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ReceivedMessage(ReceivedKind Kind, ReadOnlySequence<byte> Payload = default, int CloseCode = 0);
