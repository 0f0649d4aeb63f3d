using System.Text;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>What peers send, right and wrong, for tests that cut and change it.</summary>
internal static class FrameSamples
{
    /// <summary>Those of a client.</summary>
    public static byte[][] All { get; } = Of(isMasked: true);

    /// <summary>Those of a client or of a server; one of them masks on the wrong side.</summary>
    public static byte[][] Of(bool isMasked) =>
    [
        FrameBytes.Of(Opcode.Text, "Hello"u8, isMasked: isMasked),
        FrameBytes.Of(Opcode.Text, ""u8, isMasked: isMasked),
        FrameBytes.Of(Opcode.Text, Encoding.UTF8.GetBytes("\u00e9\u2713\ud83d\ude00\0" + new string('x', 130)), isMasked: isMasked),
        FrameBytes.Of(Opcode.Binary, [0, 0xff, 0x80], isMasked: isMasked),
        FrameBytes.Of(Opcode.Ping, "ping"u8, isMasked: isMasked),
        FrameBytes.Of(Opcode.Pong, ""u8, isMasked: isMasked),
        FrameBytes.Of(Opcode.Ping, new byte[125], isMasked: isMasked),
        FrameBytes.Of(Opcode.Close, [], isMasked: isMasked),
        FrameBytes.Close(1000, "bye"u8, isMasked: isMasked),
        FrameBytes.Close(4999, isMasked: isMasked),
        [
            .. FrameBytes.Of(Opcode.Text, [0xe2, 0x9c], isFinal: false, isMasked: isMasked),
            .. FrameBytes.Of(Opcode.Ping, "between"u8, isMasked: isMasked),
            .. FrameBytes.Of(Opcode.Continuation, [], isFinal: false, isMasked: isMasked),
            .. FrameBytes.Of(Opcode.Continuation, [0x93], isMasked: isMasked),
            .. FrameBytes.Of(Opcode.Text, "next"u8, isMasked: isMasked),
        ],
        [.. FrameBytes.Of(Opcode.Text, "last words"u8, isMasked: isMasked), .. FrameBytes.Close(1001, isMasked: isMasked), .. FrameBytes.Of(Opcode.Text, "after"u8, isMasked: isMasked)],

        FrameBytes.Of(Opcode.Text, [0xc3, 0x28], isMasked: isMasked),
        FrameBytes.Of(Opcode.Text, [(byte)'x', 0xe2, 0x9c], isMasked: isMasked),
        [.. FrameBytes.Of(Opcode.Text, [0xe2], isFinal: false, isMasked: isMasked), .. FrameBytes.Of(Opcode.Continuation, "x"u8, isMasked: isMasked)],
        FrameBytes.Of(Opcode.Text, "x"u8, isMasked: !isMasked),
        FrameBytes.Of(Opcode.Text, "x"u8, reserved: 2, isMasked: isMasked),
        FrameBytes.Of((Opcode)3, "x"u8, isMasked: isMasked),
        FrameBytes.Of(Opcode.Continuation, "x"u8, isMasked: isMasked),
        [.. FrameBytes.Of(Opcode.Text, "x"u8, isFinal: false, isMasked: isMasked), .. FrameBytes.Of(Opcode.Text, "y"u8, isMasked: isMasked)],
        FrameBytes.Of(Opcode.Ping, "x"u8, isFinal: false, isMasked: isMasked),
        FrameBytes.Of(Opcode.Ping, new byte[126], isMasked: isMasked),
        FrameBytes.Of(Opcode.Text, "x"u8, lengthForm: 126, isMasked: isMasked),
        FrameBytes.Of(Opcode.Text, "x"u8, lengthForm: 127, isMasked: isMasked),
        FrameBytes.Of(Opcode.Text, new byte[1025], isMasked: isMasked),
        FrameBytes.Header(Opcode.Binary, ulong.MaxValue, isMasked: isMasked),
        FrameBytes.Header(Opcode.Binary, long.MaxValue, isMasked: isMasked),
        FrameBytes.Of(Opcode.Close, [3], isMasked: isMasked),
        FrameBytes.Close(1005, isMasked: isMasked),
        FrameBytes.Close(1000, [0xff], isMasked: isMasked),
        [.. Enumerable.Range(0, 130).SelectMany(i => FrameBytes.Of(i == 0 ? Opcode.Text : Opcode.Continuation, [], isFinal: false, isMasked: isMasked))],
    ];
}
