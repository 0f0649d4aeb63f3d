using System.Text;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>What peers send, right and wrong, for tests that cut and change it.</summary>
internal static class FrameSamples
{
    public static byte[][] All { get; } =
    [
        FrameBytes.Of(Opcode.Text, "Hello"u8),
        FrameBytes.Of(Opcode.Text, ""u8),
        FrameBytes.Of(Opcode.Text, Encoding.UTF8.GetBytes("\u00e9\u2713\ud83d\ude00\0" + new string('x', 130))),
        FrameBytes.Of(Opcode.Binary, [0, 0xff, 0x80]),
        FrameBytes.Of(Opcode.Ping, "ping"u8),
        FrameBytes.Of(Opcode.Pong, ""u8),
        FrameBytes.Of(Opcode.Ping, new byte[125]),
        FrameBytes.Of(Opcode.Close, []),
        FrameBytes.Close(1000, "bye"u8),
        FrameBytes.Close(4999),
        [
            .. FrameBytes.Of(Opcode.Text, [0xe2, 0x9c], isFinal: false),
            .. FrameBytes.Of(Opcode.Ping, "between"u8),
            .. FrameBytes.Of(Opcode.Continuation, [], isFinal: false),
            .. FrameBytes.Of(Opcode.Continuation, [0x93]),
            .. FrameBytes.Of(Opcode.Text, "next"u8),
        ],
        [.. FrameBytes.Of(Opcode.Text, "last words"u8), .. FrameBytes.Close(1001), .. FrameBytes.Of(Opcode.Text, "after"u8)],

        FrameBytes.Of(Opcode.Text, [0xc3, 0x28]),
        FrameBytes.Of(Opcode.Text, [(byte)'x', 0xe2, 0x9c]),
        [.. FrameBytes.Of(Opcode.Text, [0xe2], isFinal: false), .. FrameBytes.Of(Opcode.Continuation, "x"u8)],
        FrameBytes.Of(Opcode.Text, "x"u8, isMasked: false),
        FrameBytes.Of(Opcode.Text, "x"u8, reserved: 2),
        FrameBytes.Of((Opcode)3, "x"u8),
        FrameBytes.Of(Opcode.Continuation, "x"u8),
        [.. FrameBytes.Of(Opcode.Text, "x"u8, isFinal: false), .. FrameBytes.Of(Opcode.Text, "y"u8)],
        FrameBytes.Of(Opcode.Ping, "x"u8, isFinal: false),
        FrameBytes.Of(Opcode.Ping, new byte[126]),
        FrameBytes.Of(Opcode.Text, "x"u8, lengthForm: 126),
        FrameBytes.Of(Opcode.Text, "x"u8, lengthForm: 127),
        FrameBytes.Of(Opcode.Text, new byte[1025]),
        FrameBytes.Header(Opcode.Binary, ulong.MaxValue),
        FrameBytes.Header(Opcode.Binary, long.MaxValue),
        FrameBytes.Of(Opcode.Close, [3]),
        FrameBytes.Close(1005),
        FrameBytes.Close(1000, [0xff]),
        [.. Enumerable.Range(0, 130).SelectMany(i => FrameBytes.Of(i == 0 ? Opcode.Text : Opcode.Continuation, [], isFinal: false))],
    ];
}
