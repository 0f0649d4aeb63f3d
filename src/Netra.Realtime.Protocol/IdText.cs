using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Netra.Realtime.Protocol;

/// <summary>The one rule for the text of an id: 1 to 256 UTF-16 units, no control characters, well-formed UTF-16.</summary>
/// <remarks>
/// Ill-formed UTF-16 is refused because two different lone surrogates would become the same bytes on the wire, and so the
/// same id. Nothing is trimmed, folded or normalized: two ids are one exactly when their characters are.
/// </remarks>
internal static class IdText
{
    public const int MaxLength = 256;

    private static readonly SearchValues<char> ClientIdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public static bool IsValid([NotNullWhen(true)] string? value)
    {
        if (value is null || value.Length is 0 or > MaxLength)
        {
            return false;
        }

        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            if (char.IsControl(c))
            {
                return false;
            }

            if (char.IsSurrogate(c))
            {
                if (!char.IsHighSurrogate(c) || i + 1 == value.Length || !char.IsLowSurrogate(value[i + 1]))
                {
                    return false;
                }

                i++;
            }
        }

        return true;
    }

    public static bool IsValidClientId([NotNullWhen(true)] string? value) =>
        value is { Length: > 0 and <= 64 } && !value.AsSpan().ContainsAnyExcept(ClientIdCharacters);

    /// <summary>128 bits from the system's random generator, in hexadecimal after a prefix that tells the kind to a reader of logs.</summary>
    public static string Mint(string prefix) => prefix + RandomNumberGenerator.GetHexString(32, lowercase: true);

    public static string Require(string value, string idName)
    {
        ArgumentNullException.ThrowIfNull(value);
        return IsValid(value)
            ? value
            : throw new ArgumentException($"A {idName} has 1 to {MaxLength} UTF-16 units, no control characters and no lone surrogates.", nameof(value));
    }

    public static string RequireClientId(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return IsValidClientId(value)
            ? value
            : throw new ArgumentException("A client id has 1 to 64 of A-Z a-z 0-9 - _.", nameof(value));
    }
}
