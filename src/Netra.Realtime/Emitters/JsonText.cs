using System.Buffers;
using System.Text.Unicode;

namespace Netra.Realtime.Emitters;

/// <summary>Text as it stands between the quotes of a JSON string (RFC 8259 section 7), with the fewest escapes.</summary>
internal static class JsonText
{
    /// <summary>The most bytes that one UTF-16 unit can become: <c>\u001f</c>.</summary>
    public const int MaxBytesPerChar = 6;

    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        "\"\\\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f");

    /// <summary>Escapes text; a lone surrogate becomes U+FFFD.</summary>
    /// <returns>False when the destination is too short; what it holds is then worthless.</returns>
    public static bool TryEscape(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = 0;
        while (true)
        {
            int next = text.IndexOfAny(Escaped);
            ReadOnlySpan<char> plain = next < 0 ? text : text[..next];
            if (Utf8.FromUtf16(plain, destination[written..], out _, out int bytes) != OperationStatus.Done)
            {
                return false;
            }

            written += bytes;
            if (next < 0)
            {
                return true;
            }

            if (destination.Length - written < MaxBytesPerChar)
            {
                return false;
            }

            written += EscapeOne(text[next], destination[written..]);
            text = text[(next + 1)..];
        }
    }

    /// <summary>Appends text to a buffer, escaped.</summary>
    public static void Append(BoundedBuffer buffer, ReadOnlySpan<char> text)
    {
        while (text.Length > 0)
        {
            // Pieces bound the worst case; a pair of surrogates stays together.
            int length = Math.Min(text.Length, 512);
            if (length < text.Length && char.IsHighSurrogate(text[length - 1]))
            {
                length--;
            }

            TryEscape(text[..length], buffer.GetSpan(length * MaxBytesPerChar), out int written);
            buffer.Advance(written);
            text = text[length..];
        }
    }

    private static int EscapeOne(char c, Span<byte> destination)
    {
        destination[0] = (byte)'\\';
        byte letter = c switch
        {
            '"' => (byte)'"',
            '\\' => (byte)'\\',
            '\n' => (byte)'n',
            '\r' => (byte)'r',
            '\t' => (byte)'t',
            '\b' => (byte)'b',
            '\f' => (byte)'f',
            _ => 0,
        };
        if (letter != 0)
        {
            destination[1] = letter;
            return 2;
        }

        "u00"u8.CopyTo(destination[1..]);
        destination[4] = (byte)('0' + (c >> 4)); // below U+0020, so 0 or 1
        destination[5] = "0123456789abcdef"u8[c & 15];
        return MaxBytesPerChar;
    }
}
