namespace Netra.Realtime.Sanitization;

/// <summary>Cuts text without cutting a character in two.</summary>
internal static class TextCut
{
    public static ReadOnlySpan<char> Cut(ReadOnlySpan<char> text, int maxChars)
    {
        if (text.Length <= maxChars)
        {
            return text;
        }

        return maxChars > 0 && char.IsHighSurrogate(text[maxChars - 1]) ? text[..(maxChars - 1)] : text[..maxChars];
    }
}
