using Netra.Realtime.Diagnostics;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>How a handshake ended.</summary>
/// <param name="Transport">The open WebSocket; null where there is none, and the stream is disposed of.</param>
/// <param name="Head">What the other side sent, if it was whole.</param>
/// <param name="Subprotocol">What was agreed on, if anything.</param>
/// <param name="Outcome">The same in a word, for those who count; of a server's handshake.</param>
internal sealed record HandshakeResult(FramedTransport? Transport, HttpHead? Head, string? Subprotocol, HandshakeOutcome Outcome = HandshakeOutcome.Accepted);
