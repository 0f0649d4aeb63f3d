using System.Buffers.Binary;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>Frames made by hand, right and wrong ones: written from the RFC and not with the code under test.</summary>
internal static class FrameBytes
{
    public const int OwnLengthForm = 0;

    private static readonly byte[] Key = [0x37, 0xfa, 0x21, 0x3d];

    public static byte[] Of(Opcode opcode, ReadOnlySpan<byte> payload, bool isFinal = true, bool isMasked = true, int reserved = 0, int lengthForm = OwnLengthForm) =>
        [.. Header(opcode, (ulong)payload.Length, isFinal, isMasked, reserved, lengthForm), .. isMasked ? Mask(payload) : payload.ToArray()];

    public static byte[] Header(
        Opcode opcode, ulong length, bool isFinal = true, bool isMasked = true, int reserved = 0, int lengthForm = OwnLengthForm)
    {
        int form = lengthForm != OwnLengthForm ? lengthForm : length < 126 ? 1 : length < 65536 ? 126 : 127;
        List<byte> header = [(byte)((isFinal ? 0x80 : 0) | (reserved << 4) | (int)opcode), (byte)((isMasked ? 0x80 : 0) | (form == 1 ? (int)length : form))];
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, length);
        header.AddRange(form switch { 126 => bytes[6..], 127 => bytes, _ => [] });
        header.AddRange(isMasked ? Key : []);
        return [.. header];
    }

    public static byte[] Close(int code, ReadOnlySpan<byte> reason = default, bool isMasked = true) =>
        Of(Opcode.Close, [(byte)(code >> 8), (byte)code, .. reason], isMasked: isMasked);

    /// <summary>As it goes over the wire.</summary>
    public static byte[] Mask(ReadOnlySpan<byte> payload)
    {
        byte[] masked = payload.ToArray();
        for (int i = 0; i < masked.Length; i++)
        {
            masked[i] ^= Key[i % 4];
        }

        return masked;
    }
}
