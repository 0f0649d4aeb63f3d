namespace Netra.Realtime.Sessions;

/// <summary>A piece of text as a segment stores it: JSON-escaped UTF-8, and the halves of characters at its edges.</summary>
internal readonly ref struct EscapedText
{
    public required bool IsThinking { get; init; }

    public required ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>The second half of a pair that the text before began; 0 when there is none.</summary>
    public char LeadingLowSurrogate { get; init; }

    /// <summary>The first half of a pair that the text after may complete; 0 when there is none.</summary>
    public char TrailingHighSurrogate { get; init; }
}
