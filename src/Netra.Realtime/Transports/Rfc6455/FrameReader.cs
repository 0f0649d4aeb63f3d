using System.Buffers;
using System.Runtime.InteropServices;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>Reads the frames of one peer out of its bytes, however they are cut. Knows no socket and no clock.</summary>
/// <remarks>
/// A message that is there whole, in one frame, is unmasked where it lies. Of any other the bytes are taken as they come, so that
/// text is judged as early as it can be, and the caller needs no more room than a control frame has (139 bytes). What is held
/// follows what has come, never what was declared.
/// </remarks>
/// <param name="isServer">Whether the peer is a client, which has to mask.</param>
/// <param name="maxFragments">The most frames that a message may have: empty ones cost work and no bytes, so the byte limit never sees them.</param>
internal sealed class FrameReader(bool isServer, int maxFragments)
{
    private const int FirstRentBytes = 256;

    // The message that has begun: what it is (Continuation: none has), how many frames, what has come of it.
    private Opcode _message;
    private int _fragments;
    private byte[] _assembled = [];
    private int _assembledBytes;
    private Utf8Validator _text;

    // The data frame that has begun, if any: what is still to come of its payload, and the key for that.
    private bool _isInFrame;
    private bool _isFinal;
    private int _missingBytes;
    private uint _key;

    // Written by the reader, read by all.
    private long _messageBytes;

    /// <summary>Whether a message has begun and not ended: there may be nothing of it yet, and other frames may come between.</summary>
    public bool IsInMessage => _message != Opcode.Continuation;

    /// <summary>How many bytes of messages in more than one piece were taken, their headers included.</summary>
    public long MessageBytes => Volatile.Read(ref _messageBytes);

    /// <summary>Whether a data frame has begun and not ended. (Of others there are unread bytes.)</summary>
    public bool IsInFrame => _isInFrame;

    /// <summary>How many bytes of the payload that has begun are still to come: to be skipped when it is read no further.</summary>
    public int MissingBytes => _missingBytes;

    /// <summary>Reads on.</summary>
    /// <param name="unread">What has come. What was taken of it is cut off; after false, the rest has been looked at. Its memory is unmasked in place.</param>
    /// <param name="maxMessageBytes">The largest message: compared with a declared length before anything of it is waited for.</param>
    /// <param name="frame">What was read.</param>
    /// <returns>False: there is nothing whole yet.</returns>
    /// <exception cref="RealtimeProtocolException">A rule is broken. <paramref name="unread"/> then begins with the header of that frame, behind it, or inside
    /// its payload, of which <see cref="MissingBytes"/> follow.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> unread, int maxMessageBytes, out Frame frame)
    {
        if (_message == Opcode.Continuation)
        {
            Release(); // of the message before
        }

        frame = default;
        while (true)
        {
            if (!_isInFrame)
            {
                if (!FrameHeader.TryRead(unread, isServer, out FrameHeader header))
                {
                    return false;
                }

                bool isWhole = unread.Length - header.Bytes >= header.PayloadBytes;
                if (header.IsControl)
                {
                    if (isWhole)
                    {
                        frame = ReadControl(ref unread, header);
                    }

                    return isWhole;
                }

                Judge(header, maxMessageBytes);
                if (isWhole && header is { IsFinal: true, Opcode: not Opcode.Continuation })
                {
                    frame = ReadWhole(ref unread, header);
                    return true;
                }

                Begin(header);
                unread = unread.Slice(header.Bytes);
            }

            ReadPayload(ref unread, maxMessageBytes);
            if (_missingBytes > 0)
            {
                return false;
            }

            _isInFrame = false;
            if (_isFinal)
            {
                frame = EndMessage();
                return true;
            }
        }
    }

    /// <summary>Gives back what is held. No message that was read is valid after it, and of one that has begun nothing is known any more.</summary>
    public void Release()
    {
        if (_assembled.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_assembled);
        }

        _assembled = [];
        _assembledBytes = 0;
    }

    private static Frame ReadControl(ref ReadOnlySequence<byte> unread, in FrameHeader header)
    {
        ReadOnlySequence<byte> payload = unread.Slice(header.Bytes, header.PayloadBytes);
        unread = unread.Slice(payload.End);
        Unmask(payload, header.Key);
        return new Frame(header.Opcode, payload, header.Opcode == Opcode.Close ? CloseFrame.Read(payload) : 0);
    }

    private static Frame ReadWhole(ref ReadOnlySequence<byte> unread, in FrameHeader header)
    {
        ReadOnlySequence<byte> payload = unread.Slice(header.Bytes, header.PayloadBytes);
        unread = unread.Slice(payload.End);
        Unmask(payload, header.Key);
        if (header.Opcode == Opcode.Text)
        {
            Utf8Validator text = default;
            foreach (ReadOnlyMemory<byte> segment in payload)
            {
                ThrowUnless(text.TryAppend(segment.Span));
            }

            ThrowUnless(text.IsComplete);
        }

        return new Frame(header.Opcode, payload);
    }

    private static void Unmask(in ReadOnlySequence<byte> payload, uint key)
    {
        if (key == 0)
        {
            return;
        }

        foreach (ReadOnlyMemory<byte> segment in payload)
        {
            // The memory is the caller's read buffer, which it hands over for this.
            key = Masking.Apply(segment.Span, MemoryMarshal.AsMemory(segment).Span, key);
        }
    }

    private static void ThrowUnless(bool isValidText)
    {
        if (!isValidText)
        {
            throw new RealtimeProtocolException(CloseReason.InvalidUtf8, "Text is not UTF-8.", null);
        }
    }

    private void Judge(in FrameHeader header, int maxMessageBytes)
    {
        if (header.Opcode == Opcode.Continuation != (_message != Opcode.Continuation))
        {
            throw new RealtimeProtocolException(
                header.Opcode == Opcode.Continuation ? "Nothing is to be continued." : "A message begins inside another.", null);
        }

        if (_fragments >= maxFragments)
        {
            throw new RealtimeProtocolException(CloseReason.PolicyViolation, $"A message has at most {maxFragments} fragments.", null);
        }

        if (header.PayloadBytes > maxMessageBytes - _assembledBytes)
        {
            throw new RealtimeProtocolException(CloseReason.MessageTooBig, $"A message has at most {maxMessageBytes} bytes.", null);
        }
    }

    private void Begin(in FrameHeader header)
    {
        if (_message == Opcode.Continuation)
        {
            _message = header.Opcode;
            _text = default;
        }

        NoteMessageBytes(header.Bytes);
        _fragments++;
        _isInFrame = true;
        _isFinal = header.IsFinal;
        _missingBytes = (int)header.PayloadBytes; // at most maxMessageBytes
        _key = header.Key;
    }

    private void ReadPayload(ref ReadOnlySequence<byte> unread, int maxMessageBytes)
    {
        while (_missingBytes > 0 && !unread.IsEmpty)
        {
            ReadOnlySpan<byte> piece = unread.FirstSpan;
            piece = piece[..Math.Min(piece.Length, _missingBytes)];
            unread = unread.Slice(piece.Length);
            _missingBytes -= piece.Length;
            NoteMessageBytes(piece.Length);

            EnsureRoom(piece.Length, maxMessageBytes);
            Span<byte> target = _assembled.AsSpan(_assembledBytes, piece.Length);
            _key = Masking.Apply(piece, target, _key);
            _assembledBytes += piece.Length;
            if (_message == Opcode.Text)
            {
                ThrowUnless(_text.TryAppend(target));
            }
        }
    }

    private void NoteMessageBytes(int bytes) => Volatile.Write(ref _messageBytes, _messageBytes + bytes);

    private Frame EndMessage()
    {
        ThrowUnless(_message != Opcode.Text || _text.IsComplete);
        Frame frame = new(_message, new ReadOnlySequence<byte>(_assembled, 0, _assembledBytes));
        _message = Opcode.Continuation;
        _fragments = 0;
        return frame;
    }

    // Doubles up to the limit, which the message was found to keep.
    private void EnsureRoom(int bytes, int maxMessageBytes)
    {
        int needed = _assembledBytes + bytes;
        if (needed <= _assembled.Length)
        {
            return;
        }

        long twice = Math.Max(FirstRentBytes, 2L * _assembled.Length);
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, (int)Math.Min(twice, maxMessageBytes)));
        _assembled.AsSpan(0, _assembledBytes).CopyTo(larger);
        int kept = _assembledBytes;
        Release();
        _assembled = larger;
        _assembledBytes = kept;
    }
}
