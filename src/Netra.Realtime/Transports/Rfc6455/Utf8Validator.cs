using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>Validates UTF-8 that comes in pieces: a piece may end inside a character, and what can be no character any more is seen at its byte.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct Utf8Validator
{
    private const byte Continuation = 0x80;
    private const byte LastContinuation = 0xBF;

    // Of the character that is cut: how many bytes are missing, and between what the next of them has to be (Unicode, table 3-7).
    private byte _missing;
    private byte _low;
    private byte _high;

    /// <summary>Whether the text could end here.</summary>
    public readonly bool IsComplete => _missing == 0;

    /// <summary>Takes the next piece. After false there is nothing to go on with.</summary>
    public bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        while (_missing > 0)
        {
            if (bytes.IsEmpty)
            {
                return true;
            }

            if (!TryContinue(bytes[0]))
            {
                return false;
            }

            bytes = bytes[1..];
        }

        // All but a character that is cut goes through the framework's validation, which is vectorised.
        int whole = bytes.Length - CutBytes(bytes);
        if (!Utf8.IsValid(bytes[..whole]))
        {
            return false;
        }

        ReadOnlySpan<byte> cut = bytes[whole..];
        for (int i = 0; i < cut.Length; i++)
        {
            if (!(i == 0 ? TryBegin(cut[i]) : TryContinue(cut[i])))
            {
                return false;
            }
        }

        return true;
    }

    // How many bytes at the end begin a character without ending it.
    private static int CutBytes(ReadOnlySpan<byte> bytes)
    {
        for (int back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            byte value = bytes[^back];
            if (value is < Continuation or > LastContinuation)
            {
                int length = value switch { < Continuation => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
                return length > back ? back : 0;
            }
        }

        return 0;
    }

    // Overlong forms (C0, C1, E0 below A0, F0 below 90), surrogates (ED above 9F) and what is beyond U+10FFFF are no characters.
    private bool TryBegin(byte lead)
    {
        _missing = lead switch
        {
            >= 0xC2 and <= 0xDF => 1,
            >= 0xE0 and <= 0xEF => 2,
            >= 0xF0 and <= 0xF4 => 3,
            _ => 0,
        };
        _low = lead switch { 0xE0 => 0xA0, 0xF0 => 0x90, _ => Continuation };
        _high = lead switch { 0xED => 0x9F, 0xF4 => 0x8F, _ => LastContinuation };
        return _missing > 0;
    }

    private bool TryContinue(byte value)
    {
        if (value < _low || value > _high)
        {
            return false;
        }

        _missing--;
        _low = Continuation;
        _high = LastContinuation;
        return true;
    }
}
