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

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Value(UserHeader) is not { } users)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        ClaimsIdentity identity = new(SchemeName);
        foreach (string user in users.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            identity.AddClaim(new Claim("sub", Uri.UnescapeDataString(user)));
        }

        if (Value(TenantHeader) is { } tenant)
        {
            identity.AddClaim(new Claim("tid", tenant));
        }

        AuthenticationProperties properties = new();
        if (Value(ExpiresHeader) is { } expires)
        {
            properties.ExpiresUtc = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(expires, CultureInfo.InvariantCulture));
        }

        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), properties, SchemeName)));
    }

    private string? Value(string name) => Request.Headers.TryGetValue(name, out var header) ? header.ToString() : Request.Cookies[name];
}
