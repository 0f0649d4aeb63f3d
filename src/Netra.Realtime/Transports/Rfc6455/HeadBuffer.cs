using System.Buffers;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>What has come of a head and was not taken: rented, and twice as large whenever a line does not fit.</summary>
internal sealed class HeadBuffer
{
    private byte[] _buffer = [];
    private int _start;
    private int _end;

    public ReadOnlyMemory<byte> Unread => _buffer.AsMemory(_start, _end - _start);

    /// <summary>Room to read into.</summary>
    public Memory<byte> Free(int atLeastBytes)
    {
        int kept = _end - _start;
        if (_buffer.Length - kept < atLeastBytes)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(kept + atLeastBytes, 2 * kept));
            Unread.CopyTo(larger);
            Return();
            _buffer = larger;
        }
        else
        {
            Unread.CopyTo(_buffer);
        }

        (_start, _end) = (0, kept);
        return _buffer.AsMemory(_end);
    }

    public void Advance(int bytes) => _end += bytes;

    /// <summary>All but the last bytes were taken.</summary>
    public void Keep(int lastBytes) => _start = _end - lastBytes;

    /// <summary>Gives the buffer back; a head may have held credentials.</summary>
    public void Return()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer, clearArray: true);
        }

        _buffer = [];
        _start = _end = 0;
    }
}
