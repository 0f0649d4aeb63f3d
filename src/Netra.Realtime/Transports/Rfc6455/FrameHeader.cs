using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>The header of a frame (RFC 6455 section 5.2), with everything judged that a header alone can break.</summary>
/// <param name="Opcode">What the frame is.</param>
/// <param name="IsFinal">Whether a message ends with it.</param>
/// <param name="Bytes">The length of the header itself.</param>
/// <param name="PayloadBytes">The length of what follows.</param>
/// <param name="Key">The masking key, 0 where there is none: a mask of nothing.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FrameHeader(Opcode Opcode, bool IsFinal, int Bytes, long PayloadBytes, uint Key)
{
    /// <summary>Two bytes, eight of length, four of key.</summary>
    public const int MaxBytes = 14;

    /// <summary>The longest payload of a control frame (section 5.5).</summary>
    public const int MaxControlBytes = 125;

    public const int FinalBit = 0x80;
    public const int MaskBit = 0x80;
    public const int LengthOf16Bits = 126;
    public const int LengthOf64Bits = 127;

    private const int ReservedBits = 0x70;
    public const int OpcodeBits = 0x0F;
    private const int KeyBytes = 4;

    public bool IsControl => Opcode >= Opcode.Close;

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">What has come, from the header on.</param>
    /// <param name="isMasked">Whether the peer has to mask: a client always, a server never (section 5.1).</param>
    /// <param name="header">The header.</param>
    /// <returns>False: the rest of it has yet to come, and nothing in what is there is wrong.</returns>
    /// <exception cref="RealtimeProtocolException">It breaks a rule.</exception>
    public static bool TryRead(in ReadOnlySequence<byte> bytes, bool isMasked, out FrameHeader header)
    {
        Span<byte> gathered = stackalloc byte[MaxBytes];
        ReadOnlySpan<byte> span = Gather(bytes, gathered);
        header = default;
        if (span.IsEmpty)
        {
            return false;
        }

        Opcode opcode = (Opcode)(span[0] & OpcodeBits);
        bool isFinal = (span[0] & FinalBit) != 0;
        bool isControl = opcode >= Opcode.Close;
        if ((span[0] & ReservedBits) != 0)
        {
            throw new RealtimeProtocolException("A reserved bit is set, and no extension was agreed on.", null);
        }

        if (opcode is (> Opcode.Binary and < Opcode.Close) or > Opcode.Pong)
        {
            throw new RealtimeProtocolException("The opcode is reserved.", null);
        }

        if (isControl && !isFinal)
        {
            throw new RealtimeProtocolException("A control frame is fragmented.", null);
        }

        if (span.Length < 2)
        {
            return false;
        }

        int shortLength = span[1] & ~MaskBit;
        if ((span[1] & MaskBit) != 0 != isMasked)
        {
            throw new RealtimeProtocolException(isMasked ? "A client has to mask." : "A server must not mask.", null);
        }

        if (isControl && shortLength > MaxControlBytes)
        {
            throw new RealtimeProtocolException("A control frame is too long.", null);
        }

        int lengthBytes = shortLength switch { LengthOf16Bits => sizeof(ushort), LengthOf64Bits => sizeof(ulong), _ => 0 };
        int headerBytes = 2 + lengthBytes + (isMasked ? KeyBytes : 0);
        if (span.Length < headerBytes)
        {
            return false;
        }

        header = new FrameHeader(
            opcode, isFinal, headerBytes, ReadLength(span[2..], shortLength), isMasked ? Masking.ReadKey(span[(headerBytes - KeyBytes)..]) : 0);
        return true;
    }

    private static long ReadLength(ReadOnlySpan<byte> bytes, int shortLength)
    {
        switch (shortLength)
        {
            case LengthOf16Bits:
                ushort length = BinaryPrimitives.ReadUInt16BigEndian(bytes);
                return length >= LengthOf16Bits ? length : throw NotMinimal();
            case LengthOf64Bits:
                long longLength = BinaryPrimitives.ReadInt64BigEndian(bytes);
                return longLength > ushort.MaxValue ? longLength
                    : throw (longLength < 0 ? new RealtimeProtocolException("The top bit of the length is set.", null) : NotMinimal());
            default:
                return shortLength;
        }
    }

    private static RealtimeProtocolException NotMinimal() => new("The length is not encoded in as few bytes as it could be.", null);

    private static ReadOnlySpan<byte> Gather(in ReadOnlySequence<byte> bytes, Span<byte> gathered)
    {
        ReadOnlySpan<byte> first = bytes.FirstSpan;
        if (first.Length >= MaxBytes || bytes.IsSingleSegment)
        {
            return first;
        }

        ReadOnlySequence<byte> head = bytes.Slice(0, Math.Min(MaxBytes, bytes.Length));
        head.CopyTo(gathered);
        return gathered[..(int)head.Length];
    }
}
