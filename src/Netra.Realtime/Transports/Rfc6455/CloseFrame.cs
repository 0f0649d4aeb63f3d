using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>What a close frame carries: nothing, or a code and a text (RFC 6455 section 5.5.1).</summary>
internal static class CloseFrame
{
    /// <summary>What stands for no code (section 7.1.5).</summary>
    public const int NoCode = 1005;

    /// <summary>Whether a code may be in a frame (section 7.4). 1012 to 1014 were registered after the RFC; 1004 to 1006 and 1015 never go over the wire.</summary>
    public static bool IsCode(int code) => code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);

    /// <summary>Reads the code. A payload that is none is a protocol error, an illegible text too: nobody would read our answer to what it says.</summary>
    public static int Read(in ReadOnlySequence<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return NoCode;
        }

        Span<byte> bytes = stackalloc byte[FrameHeader.MaxControlBytes];
        bytes = bytes[..(int)payload.Length]; // a control frame, so it fits
        payload.CopyTo(bytes);
        if (bytes.Length < sizeof(ushort))
        {
            throw new RealtimeProtocolException("A close frame carries half a code.", null);
        }

        int code = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        return IsCode(code) && Utf8.IsValid(bytes[sizeof(ushort)..])
            ? code
            : throw new RealtimeProtocolException("A close frame carries a code or a text that no close frame may carry.", null);
    }
}
