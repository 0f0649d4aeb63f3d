namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>What a frame is (RFC 6455 section 5.2). From <see cref="Close"/> on it is a control frame; all others are reserved.</summary>
internal enum Opcode : byte
{
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}
