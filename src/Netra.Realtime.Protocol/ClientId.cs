using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>One client instance of a user (a tab, a device): a new connection with the same id supersedes the old one.</summary>
/// <remarks>1 to 64 of <c>A-Z a-z 0-9 - _</c>; compared ordinally.</remarks>
[JsonConverter(typeof(IdJsonConverter<ClientId>))]
public readonly record struct ClientId : IParsable<ClientId>
{
    private readonly string? _value;

    /// <summary>Makes an id from its text.</summary>
    /// <param name="value">The text.</param>
    /// <exception cref="ArgumentException">The text is not 1 to 64 of the allowed characters.</exception>
    public ClientId(string value) => _value = IdText.RequireClientId(value);

    /// <summary>The text; empty only for <c>default</c>, which is no id.</summary>
    public string Value => _value ?? "";

    /// <summary>Makes an id from text, or says that it cannot be one.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The id.</param>
    /// <returns>Whether the text is an id.</returns>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ClientId result)
    {
        bool valid = IdText.IsValidClientId(s);
        result = valid ? new ClientId(s!) : default; // IsValidClientId refuses null
        return valid;
    }

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out ClientId)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, out ClientId result) => TryParse(s, null, out result);

    /// <summary>Makes an id from its text.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The id.</returns>
    /// <exception cref="FormatException">The text cannot be an id.</exception>
    public static ClientId Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out ClientId result) ? result : throw new FormatException("The text is not a client id.");

    /// <summary>The text of the id.</summary>
    /// <returns>The same as <see cref="Value"/>.</returns>
    public override string ToString() => Value;
}
