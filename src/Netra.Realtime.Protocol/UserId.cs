using System.Diagnostics.CodeAnalysis;

namespace Netra.Realtime.Protocol;

/// <summary>Who a user is: a value and an optional tenant, made once from the authenticated principal.</summary>
/// <remarks>
/// Compared ordinally in both parts, so the same value under two tenants is two users everywhere. Each part has 1 to 256
/// UTF-16 units without control characters and is never trimmed, folded or normalized.
/// </remarks>
public readonly record struct UserId : IParsable<UserId>
{
    private readonly string? _value;

    private UserId(string value, string? tenant)
    {
        _value = value;
        Tenant = tenant;
    }

    /// <summary>The user within the tenant; empty only for <c>default</c>, which is no user.</summary>
    public string Value => _value ?? "";

    /// <summary>The tenant, or null where the application has none.</summary>
    public string? Tenant { get; }

    /// <summary>Makes a user id.</summary>
    /// <param name="value">The user within the tenant.</param>
    /// <param name="tenant">The tenant, or null. An empty text is refused: it is neither a tenant nor none.</param>
    /// <returns>The id.</returns>
    /// <exception cref="ArgumentException">A part is missing, empty, longer than 256 units, or has a control character or a lone surrogate.</exception>
    public static UserId Create([NotNull] string? value, string? tenant = null)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new(IdText.Require(value, "user id"), tenant is null ? null : IdText.Require(tenant, "tenant"));
    }

    /// <summary>Makes the id of a user without a tenant from text, or says that it cannot be one.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <param name="result">The id.</param>
    /// <returns>Whether the text is a user id.</returns>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out UserId result)
    {
        bool valid = IdText.IsValid(s);
        result = valid ? new UserId(s!, null) : default; // IsValid refuses null
        return valid;
    }

    /// <summary>Makes the id of a user without a tenant from its text.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Not used.</param>
    /// <returns>The id.</returns>
    /// <exception cref="FormatException">The text cannot be a user id.</exception>
    public static UserId Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out UserId result) ? result : throw new FormatException("The text is not a user id.");

    /// <summary>For people and logs: <c>value</c>, or <c>tenant/value</c>. Not a key: a value may hold a slash itself.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Tenant is null ? Value : $"{Tenant}/{Value}";
}
