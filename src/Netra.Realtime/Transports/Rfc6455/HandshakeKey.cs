using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>The key of a handshake and what a server makes of it (RFC 6455 sections 4.1 and 4.2.2): proof that it speaks WebSocket, and of nothing else.</summary>
internal static class HandshakeKey
{
    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const int Bytes = 16;
    private const int Chars = 24;

    public static string Create() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes));

    public static bool IsValid(string? key) =>
        key is { Length: Chars } && Convert.TryFromBase64String(key, stackalloc byte[Chars], out int bytes) && bytes == Bytes;

    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 section 4.2.2 asks for SHA-1; it proves no secret.")]
    public static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid)));
}
