using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>Whoever says who he is, is it: by header, or by the cookie of the same name where a browser cannot set headers.</summary>
/// <remarks>The values are percent-encoded, so that a test can be a user that no header could name. A list is several claims.</remarks>
public sealed class TestAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Test";
    public const string UserHeader = "X-Test-User";
    public const string TenantHeader = "X-Test-Tenant";

    /// <summary>Unix milliseconds.</summary>
    public const string ExpiresHeader = "X-Test-Expires";

    /// <summary>Whoever the headers or cookies of a handshake are of; null for nobody.</summary>
    public static (ClaimsPrincipal Principal, DateTimeOffset? ExpiresAt)? Read(Func<string, string?> value)
    {
        if (value(UserHeader) is not { } users)
        {
            return null;
        }

        ClaimsIdentity identity = new(SchemeName);
        foreach (string user in users.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            identity.AddClaim(new Claim("sub", Uri.UnescapeDataString(user)));
        }

        if (value(TenantHeader) is { } tenant)
        {
            identity.AddClaim(new Claim("tid", tenant));
        }

        return (new ClaimsPrincipal(identity),
            value(ExpiresHeader) is { } expires ? DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(expires, CultureInfo.InvariantCulture)) : null);
    }

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
        Read(Value) is (ClaimsPrincipal principal, var expiresAt)
            ? AuthenticateResult.Success(new AuthenticationTicket(principal, new AuthenticationProperties { ExpiresUtc = expiresAt }, SchemeName))
            : AuthenticateResult.NoResult());

    private string? Value(string name) => Request.Headers.TryGetValue(name, out var header) ? header.ToString() : Request.Cookies[name];
}
