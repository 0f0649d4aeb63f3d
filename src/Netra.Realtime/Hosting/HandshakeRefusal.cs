using System.Runtime.InteropServices;

namespace Netra.Realtime.Hosting;

/// <summary>Why a handshake is refused, as HTTP.</summary>
/// <param name="StatusCode">The status.</param>
/// <param name="Detail">For developers; holds nothing of a user.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct HandshakeRefusal(int StatusCode, string Detail);
