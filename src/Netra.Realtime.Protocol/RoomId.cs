using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Netra.Realtime.Protocol;

/// <summary>A room whose events go to the logs of all its members.</summary>
/// <remarks>1 to 256 UTF-16 units without control characters; compared ordinally, never trimmed or folded.</remarks>
[JsonConverter(typeof(IdJsonConverter<RoomId>))]
public readonly record struct RoomId : IParsable<RoomId>
{
    private readonly string? _value;

    /// <summary>Makes an id from its text.</summary>
    /// <param name="value">The text.</param>
    /// <exception cref="ArgumentException">The text is empty, longer than 256 units, or has a control character or a lone surrogate.</exception>
    public RoomId(string value) => _value = IdText.Require(value, "room id");

    /// <summary>The text; empty only for <c>default</c>, which is no id.</summary>
    public string Value => _value ?? "";

    /// <summary>Makes an id from text, or says that it cannot be one.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The id.</param>
    /// <returns>Whether the text is an id.</returns>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RoomId result)
    {
        bool valid = IdText.IsValid(s);
        result = valid ? new RoomId(s!) : default; // IsValid refuses null
        return valid;
    }

    /// <inheritdoc cref="TryParse(string?, IFormatProvider?, out RoomId)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, out RoomId result) => TryParse(s, null, out result);

    /// <summary>Makes an id from its text.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The id.</returns>
    /// <exception cref="FormatException">The text cannot be an id.</exception>
    public static RoomId Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out RoomId result) ? result : throw new FormatException("The text is not a room id.");

    /// <summary>The text of the id.</summary>
    /// <returns>The same as <see cref="Value"/>.</returns>
    public override string ToString() => Value;
}
