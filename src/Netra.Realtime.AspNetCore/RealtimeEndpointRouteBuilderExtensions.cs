using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.AspNetCore;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the endpoint of Netra.Realtime.</summary>
public static class RealtimeEndpointRouteBuilderExtensions
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Connect];

    /// <summary>Maps the WebSocket endpoint: <c>GET</c> for HTTP/1.1, extended <c>CONNECT</c> for HTTP/2. No <c>UseWebSockets</c> is needed.</summary>
    /// <param name="endpoints">The routes.</param>
    /// <param name="pattern">The path, such as <c>/ws</c>.</param>
    /// <param name="configure">Which origins may connect; by default only the endpoint's own.</param>
    /// <returns>A builder, for <c>RequireAuthorization</c> and the like. Without it, whoever is not authenticated still gets 401.</returns>
    /// <exception cref="InvalidOperationException"><c>AddNetraRealtime</c> was not called.</exception>
    public static IEndpointConventionBuilder MapNetraRealtime(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern, Action<RealtimeEndpointOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        RealtimeEndpointOptions options = new();
        configure?.Invoke(options);
        RealtimeEndpoint endpoint = endpoints.ServiceProvider.GetService<Netra.Realtime.Connections.RealtimeConnections>() is null
            ? throw new InvalidOperationException("Call services.AddNetraRealtime() before MapNetraRealtime().")
            : ActivatorUtilities.CreateInstance<RealtimeEndpoint>(endpoints.ServiceProvider, options);
        RequestDelegate handle = endpoint.HandleAsync;

        // A client of this endpoint is no page: it wants the 401, not the way to a sign-in form.
        return endpoints.MapMethods(pattern, Methods, handle).WithDisplayName("Netra.Realtime").WithMetadata(new NoCookieRedirect());
    }

    private sealed class NoCookieRedirect : IDisableCookieRedirectMetadata;
}
