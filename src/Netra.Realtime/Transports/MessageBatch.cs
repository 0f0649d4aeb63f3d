using System.Buffers;
using System.Runtime.InteropServices;

namespace Netra.Realtime.Transports;

/// <summary>Messages that are written together: one buffer, with room for a frame header in front of each.</summary>
/// <remarks>Not safe for concurrent use. The buffer is rented while there is something in it: an empty batch holds none.</remarks>
public sealed class MessageBatch
{
    /// <summary>The spare bytes in front of each message: the longest header of an unmasked frame (RFC 6455 section 5.2).</summary>
    public const int HeaderRoomBytes = 10;

    private readonly List<Part> _parts = [];
    private byte[] _buffer = [];
    private int _end;

    /// <summary>How many messages there are.</summary>
    public int Count => _parts.Count;

    /// <summary>Whether the messages are binary. Connections write text only.</summary>
    public bool IsBinary { get; internal set; }

    /// <summary>How many bytes the messages have, header room not counted.</summary>
    public int TotalBytes => _end - (_parts.Count * HeaderRoomBytes);

    /// <summary>A message.</summary>
    /// <param name="index">From 0.</param>
    /// <returns>Its bytes, without the header room.</returns>
    public ReadOnlyMemory<byte> this[int index] => _buffer.AsMemory(_parts[index].Start, _parts[index].Length);

    /// <summary>A message with the room in front of it, for a transport that writes the frame header itself.</summary>
    /// <param name="index">From 0.</param>
    /// <returns><see cref="HeaderRoomBytes"/> spare bytes, then the message.</returns>
    public Memory<byte> WithHeaderRoom(int index) =>
        _buffer.AsMemory(_parts[index].Start - HeaderRoomBytes, _parts[index].Length + HeaderRoomBytes);

    /// <summary>Everything: for each message its header room and itself, in one piece. What is written into it is lost with <see cref="Clear"/>.</summary>
    internal Memory<byte> Buffer => _buffer.AsMemory(0, _end);

    /// <summary>Room for one more message. Written from <see cref="HeaderRoomBytes"/> on, then <see cref="Commit"/>.</summary>
    internal Span<byte> Reserve(int maxMessageBytes)
    {
        int needed = _end + HeaderRoomBytes + maxMessageBytes;
        if (needed > _buffer.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(needed);
            _buffer.AsSpan(0, _end).CopyTo(larger);
            Return();
            _buffer = larger;
        }

        return _buffer.AsSpan(_end, HeaderRoomBytes + maxMessageBytes);
    }

    internal void Commit(int messageBytes)
    {
        _parts.Add(new Part(_end + HeaderRoomBytes, messageBytes));
        _end += HeaderRoomBytes + messageBytes;
    }

    internal void Add(ReadOnlySpan<byte> message)
    {
        message.CopyTo(Reserve(message.Length)[HeaderRoomBytes..]);
        Commit(message.Length);
    }

    /// <summary>Forgets the messages and gives the buffer back.</summary>
    internal void Clear()
    {
        Return();
        _buffer = [];
        _parts.Clear();
        _end = 0;
    }

    private void Return()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Part(int Start, int Length);
}
