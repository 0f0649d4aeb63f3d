using System.Text;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Administration;

/// <summary>How somebody is sent away.</summary>
public sealed record Disconnection
{
    // RFC 6455 section 5.5: a control frame has 125 bytes, of which the code takes 2.
    private const int MaxReasonBytes = 123;

    /// <summary>What the client is told: at most 123 bytes of UTF-8 without control characters, and nothing of a user. Null: the text of the code.</summary>
    /// <exception cref="ArgumentException">It is too long, or no text.</exception>
    public string? Reason
    {
        get;
        init => field = value is null || IsText(value)
            ? value
            : throw new ArgumentException($"A reason has at most {MaxReasonBytes} bytes of UTF-8 and no control characters.", nameof(value));
    }

    /// <summary>Whether the client comes back by itself (4400); otherwise it stays away (4500), though nothing keeps it from connecting. Default true.</summary>
    public bool MayComeBack { get; init; } = true;

    internal CloseReason CloseReason
    {
        get
        {
            CloseReason reason = MayComeBack ? CloseReason.Disconnected : CloseReason.Revoked;
            return Reason is null ? reason : reason with { Reason = Reason };
        }
    }

    private static bool IsText(string value)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(value) <= MaxReasonBytes && !value.Any(char.IsControl);
        }
        catch (EncoderFallbackException)
        {
            return false; // half a character
        }
    }
}
