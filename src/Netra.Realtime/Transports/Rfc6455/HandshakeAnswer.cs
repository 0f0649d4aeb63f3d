namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>What a server answers to a handshake.</summary>
/// <param name="Status">The HTTP status; 101: it is a WebSocket from here on.</param>
/// <param name="Bytes">The whole answer.</param>
/// <param name="Subprotocol">Of 101: the subprotocol, if one was agreed on.</param>
internal sealed record HandshakeAnswer(int Status, byte[] Bytes, string? Subprotocol = null)
{
    public bool IsAccepted => Status == 101;
}
