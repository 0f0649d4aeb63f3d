using System.Runtime.InteropServices;

namespace Netra.Realtime.AspNetCore;

/// <summary>Why a handshake is refused, as HTTP. The text is for developers and holds nothing of a user.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HandshakeRefusal(int StatusCode, string Detail);
