using System.Net;
using Microsoft.AspNetCore.Http;
using Netra.Realtime.Hosting;

namespace Netra.Realtime.AspNetCore;

/// <summary>Reads what a browser can only say in the subprotocol header.</summary>
public static class RealtimeHttpRequestExtensions
{
    /// <summary>The token that a browser offered as the subprotocol <c>jwt.&lt;base64url of the token&gt;</c>: for <c>JwtBearerEvents.OnMessageReceived</c>.</summary>
    /// <param name="request">The request of the handshake.</param>
    /// <returns>The token; null when there is none, more than one, or it is not base64url of UTF-8 text.</returns>
    public static string? GetNetraRealtimeToken(this HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return AsHandshake(request).SubprotocolToken;
    }

    internal static HandshakeRequest AsHandshake(this HttpRequest request) =>
        new(request.Scheme, request.Host.Value ?? "", request.Path.Value ?? "", request.QueryString.Value, name => request.Headers[name])
        {
            // As ASP.NET Core sees it: its forwarded-headers middleware is what puts the client's behind a proxy.
            RemoteEndPoint = request.HttpContext.Connection is { RemoteIpAddress: { } address, RemotePort: var port } ? new IPEndPoint(address, port) : null,
        };
}
