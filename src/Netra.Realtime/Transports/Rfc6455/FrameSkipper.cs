using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>Skips frames, right or wrong, up to the end of a close frame: for a peer that has broken a rule and is to get our answer.</summary>
/// <remarks>It judges nothing. Of bytes that are no frames it makes some frame or other, which at worst ends the wait for the peer early or late.</remarks>
/// <param name="payloadBytes">What is still to come of a payload that was begun.</param>
[StructLayout(LayoutKind.Auto)]
internal struct FrameSkipper(long payloadBytes)
{
    private long _missingBytes = payloadBytes;
    private bool _isClose;

    /// <summary>Skips on.</summary>
    /// <param name="unread">What has come; at most an unfinished header is left of it.</param>
    /// <returns>Whether a close frame has ended.</returns>
    public bool TrySkipToClose(ref ReadOnlySequence<byte> unread)
    {
        Span<byte> header = stackalloc byte[FrameHeader.MaxBytes];
        while (true)
        {
            long skipped = Math.Min(_missingBytes, unread.Length);
            unread = unread.Slice(skipped);
            _missingBytes -= skipped;
            if (_missingBytes > 0)
            {
                return false;
            }

            if (_isClose)
            {
                return true;
            }

            int there = (int)Math.Min(header.Length, unread.Length);
            unread.Slice(0, there).CopyTo(header);
            int headerBytes = Measure(header[..there]);
            if (headerBytes == 0)
            {
                return false;
            }

            unread = unread.Slice(headerBytes);
        }
    }

    // 0: there is not all of it.
    private int Measure(ReadOnlySpan<byte> header)
    {
        if (header.Length < 2)
        {
            return 0;
        }

        int shortLength = header[1] & ~FrameHeader.MaskBit;
        int lengthBytes = shortLength switch { FrameHeader.LengthOf16Bits => sizeof(ushort), FrameHeader.LengthOf64Bits => sizeof(ulong), _ => 0 };
        int bytes = 2 + lengthBytes + ((header[1] & FrameHeader.MaskBit) != 0 ? sizeof(uint) : 0);
        if (header.Length < bytes)
        {
            return 0;
        }

        _isClose = (Opcode)(header[0] & FrameHeader.OpcodeBits) == Opcode.Close;
        _missingBytes = lengthBytes switch
        {
            sizeof(ushort) => BinaryPrimitives.ReadUInt16BigEndian(header[2..]),
            sizeof(ulong) => (long)Math.Min(long.MaxValue, BinaryPrimitives.ReadUInt64BigEndian(header[2..])),
            _ => shortLength,
        };
        return bytes;
    }
}
