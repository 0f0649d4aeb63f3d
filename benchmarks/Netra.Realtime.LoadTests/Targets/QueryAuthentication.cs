using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Netra.Realtime.LoadTests.Targets;

/// <summary>Believes whoever the query names: for load on the loopback, and why the server refuses Production.</summary>
internal sealed class QueryAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        ClaimsPrincipal user = new(new ClaimsIdentity([new Claim("sub", Request.Query["user"].ToString())], "query"));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(user, "query")));
    }
}

internal static class QueryAuthenticationServiceCollectionExtensions
{
    public static void AddQueryAuthentication(this IServiceCollection services)
    {
        services.AddAuthentication("query").AddScheme<AuthenticationSchemeOptions, QueryAuthentication>("query", null);
        services.AddAuthorization();
    }
}
