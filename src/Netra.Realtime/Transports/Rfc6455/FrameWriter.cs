using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>Writes frames: whole messages, unmasked for a server and masked for a client, and control frames. Knows no socket.</summary>
internal static class FrameWriter
{
    /// <summary>The longest control frame, masked.</summary>
    public const int MaxControlFrameBytes = 2 + KeyBytes + FrameHeader.MaxControlBytes;

    private const int KeyBytes = 4;

    /// <summary>Makes a batch the bytes of a server: each message a frame, one behind the other, in the batch's own buffer.</summary>
    /// <remarks>
    /// A header is shorter than its room, which leaves a gap: what follows moves down over it. That is a copy within the cache,
    /// and less than what another buffer would cost. Of one message nothing moves.
    /// </remarks>
    /// <returns>The bytes, to be written in one piece. The messages are where they were no longer.</returns>
    public static ReadOnlyMemory<byte> Pack(MessageBatch batch)
    {
        if (batch.Count == 0)
        {
            return default;
        }

        Memory<byte> buffer = batch.Buffer;
        int start = MessageBatch.HeaderRoomBytes - HeaderBytes(batch[0].Length);
        int end = start;
        for (int i = 0; i < batch.Count; i++)
        {
            ReadOnlySpan<byte> message = batch[i].Span;
            int headerBytes = HeaderBytes(message.Length);
            message.CopyTo(buffer.Span[(end + headerBytes)..]); // down, or onto itself; before the header, which may reach into it
            WriteHeader(buffer.Span[end..], OpcodeOf(batch), message.Length, isMasked: false);
            end += headerBytes + message.Length;
        }

        return buffer[start..end];
    }

    /// <summary>The length of what <see cref="PackMasked"/> writes.</summary>
    public static int MaskedBytes(MessageBatch batch)
    {
        int bytes = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            bytes = checked(bytes + HeaderBytes(batch[i].Length) + KeyBytes + batch[i].Length);
        }

        return bytes;
    }

    /// <summary>Writes a batch as a client does: each message a frame with a key of its own, that nobody can foresee (RFC 6455 section 5.3).</summary>
    public static void PackMasked(MessageBatch batch, Span<byte> target)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            target = target[WriteFrame(target, OpcodeOf(batch), batch[i].Span, isMasked: true)..];
        }
    }

    /// <summary>Writes a frame that is whole.</summary>
    /// <returns>Its length.</returns>
    public static int WriteFrame(Span<byte> target, Opcode opcode, ReadOnlySpan<byte> payload, bool isMasked)
    {
        int headerBytes = WriteHeader(target, opcode, payload.Length, isMasked);
        if (!isMasked)
        {
            payload.CopyTo(target[headerBytes..]);
            return headerBytes + payload.Length;
        }

        Span<byte> key = target.Slice(headerBytes, KeyBytes);
        RandomNumberGenerator.Fill(key);
        Masking.Apply(payload, target[(headerBytes + KeyBytes)..], Masking.ReadKey(key));
        return headerBytes + KeyBytes + payload.Length;
    }

    /// <summary>Writes a close frame.</summary>
    /// <param name="target">At least <see cref="MaxControlFrameBytes"/>.</param>
    /// <param name="code">A code that may go over the wire.</param>
    /// <param name="reason">At most 123 bytes of UTF-8.</param>
    /// <param name="isMasked">Whether it is a client's.</param>
    /// <returns>Its length.</returns>
    public static int WriteClose(Span<byte> target, int code, string reason, bool isMasked)
    {
        Span<byte> payload = stackalloc byte[FrameHeader.MaxControlBytes];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        int reasonBytes = Encoding.UTF8.GetBytes(reason, payload[sizeof(ushort)..]);
        return WriteFrame(target, Opcode.Close, payload[..(sizeof(ushort) + reasonBytes)], isMasked);
    }

    private static Opcode OpcodeOf(MessageBatch batch) => batch.IsBinary ? Opcode.Binary : Opcode.Text;

    private static int HeaderBytes(int length) =>
        length < FrameHeader.LengthOf16Bits ? 2 : length <= ushort.MaxValue ? 2 + sizeof(ushort) : 2 + sizeof(ulong);

    private static int WriteHeader(Span<byte> target, Opcode opcode, int length, bool isMasked)
    {
        int maskBit = isMasked ? FrameHeader.MaskBit : 0;
        target[0] = (byte)(FrameHeader.FinalBit | (int)opcode);
        switch (length)
        {
            case < FrameHeader.LengthOf16Bits:
                target[1] = (byte)(maskBit | length);
                break;
            case <= ushort.MaxValue:
                target[1] = (byte)(maskBit | FrameHeader.LengthOf16Bits);
                BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)length);
                break;
            default:
                target[1] = (byte)(maskBit | FrameHeader.LengthOf64Bits);
                BinaryPrimitives.WriteInt64BigEndian(target[2..], length);
                break;
        }

        return HeaderBytes(length);
    }
}
