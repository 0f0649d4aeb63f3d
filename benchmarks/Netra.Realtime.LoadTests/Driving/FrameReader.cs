using System.Buffers;
using System.Buffers.Binary;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>A server's frames out of whatever pieces a socket gives.</summary>
internal sealed class FrameReader(IMessageSink sink)
{
    private const int MaxMessageBytes = 64 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _carry = new();
    private readonly ArrayBufferWriter<byte> _parts = new();
    private bool _isFragmented;

    /// <exception cref="InvalidDataException">That is no frame of a server without extensions.</exception>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (_carry.WrittenCount == 0)
        {
            _carry.Write(bytes[ReadAll(bytes)..]);
            return;
        }

        _carry.Write(bytes);
        int used = ReadAll(_carry.WrittenSpan);
        if (used > 0)
        {
            byte[] rest = _carry.WrittenSpan[used..].ToArray();
            _carry.ResetWrittenCount();
            _carry.Write(rest);
        }
    }

    private int ReadAll(ReadOnlySpan<byte> bytes)
    {
        int used = 0;
        while (TryRead(bytes[used..], out int frame))
        {
            used += frame;
        }

        return used;
    }

    private bool TryRead(ReadOnlySpan<byte> bytes, out int frame)
    {
        frame = 0;
        if (bytes.Length < 2)
        {
            return false;
        }

        if ((bytes[0] & 0x70) != 0 || (bytes[1] & 0x80) != 0)
        {
            throw new InvalidDataException("A server's frame has no reserved bits and no mask.");
        }

        int header = bytes[1] switch { 126 => 4, 127 => 10, _ => 2 };
        if (bytes.Length < header)
        {
            return false;
        }

        long length = header switch
        {
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            10 => BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
            _ => bytes[1],
        };
        if (length is < 0 or > MaxMessageBytes)
        {
            throw new InvalidDataException($"A frame of {length} bytes.");
        }

        if (bytes.Length - header < length)
        {
            return false;
        }

        frame = header + (int)length;
        Take(bytes[0] & 0x0f, (bytes[0] & 0x80) != 0, bytes[header..frame]);
        return true;
    }

    private void Take(int opcode, bool isFinal, ReadOnlySpan<byte> payload)
    {
        switch (opcode)
        {
            case 0x1 when isFinal && !_isFragmented:
                sink.OnText(payload);
                break;
            case 0x1 when !_isFragmented:
            case 0x0 when _isFragmented:
                _parts.Write(payload);
                _isFragmented = !isFinal;
                if (isFinal)
                {
                    sink.OnText(_parts.WrittenSpan);
                    _parts.ResetWrittenCount();
                }

                break;
            case 0x8:
                sink.OnClose(payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : 1005);
                break;
            case 0x9:
                sink.OnPing(payload);
                break;
            case 0xA:
                break;
            default:
                throw new InvalidDataException($"A frame with opcode {opcode} where none can be.");
        }
    }
}
