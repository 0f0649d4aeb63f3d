using System.Buffers;

namespace Netra.Realtime.Emitters;

/// <summary>A reused buffer that stops at a cap instead of growing with whatever is serialized into it.</summary>
internal sealed class BoundedBuffer(int maxBytes) : IBufferWriter<byte>
{
    // Utf8JsonWriter asks for this much at a time, so a cap has to leave it some room.
    private const int SlackBytes = 4096;

    private byte[] _bytes = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void TruncateTo(int length) => Length = length;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    public void Append(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureRoom(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <exception cref="BufferFullException">More was asked for than the cap allows: the serializer is stopped by it.</exception>
    private void EnsureRoom(int bytes)
    {
        if (Length + bytes <= _bytes.Length)
        {
            return;
        }

        if (Length + bytes > maxBytes + SlackBytes)
        {
            throw new BufferFullException(Length);
        }

        Array.Resize(ref _bytes, Math.Min(Math.Max(_bytes.Length * 2, Length + bytes), maxBytes + SlackBytes));
    }
}
