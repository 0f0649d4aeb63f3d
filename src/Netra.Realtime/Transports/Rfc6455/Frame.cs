using System.Buffers;
using System.Runtime.InteropServices;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>What a <see cref="FrameReader"/> has read: a whole message, or a control frame.</summary>
/// <param name="Opcode">What it is; of a message, what its first frame said.</param>
/// <param name="Payload">The payload, unmasked; valid until the reader is asked again.</param>
/// <param name="CloseCode">Of a close frame: its code, 1005 where it has none.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Frame(Opcode Opcode, ReadOnlySequence<byte> Payload, int CloseCode = 0);
