using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.Primitives;

using Netra.Realtime.Hosting;

namespace Netra.Realtime.AspNetCore;

/// <summary>The HTTP half of a WebSocket: RFC 6455 section 4.2 over HTTP/1.1, RFC 8441 over HTTP/2. Extensions are declined.</summary>
internal static class WebSocketHandshake
{
    private const string KeyGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const string Version = "13";

    /// <summary>What is wrong with the handshake itself, if anything. A plain <c>GET</c> ends here: 426.</summary>
    public static HandshakeRefusal? Check(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            if (!string.Equals(connect.Protocol, "websocket", StringComparison.OrdinalIgnoreCase))
            {
                return new(StatusCodes.Status501NotImplemented, "Only the websocket protocol is served here.");
            }
        }
        else if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } || !Has(request.Headers.Upgrade, "websocket")
            || !HttpMethods.IsGet(request.Method) || !HttpProtocol.IsHttp11(request.Protocol)) // Kestrel would upgrade HTTP/1.0 too
        {
            return new(StatusCodes.Status426UpgradeRequired, "This is a WebSocket endpoint.");
        }
        else if (request.Headers.SecWebSocketKey is not [{ Length: 24 } key] || !Convert.TryFromBase64String(key, stackalloc byte[18], out int keyBytes) || keyBytes != 16)
        {
            return new(StatusCodes.Status400BadRequest, "Sec-WebSocket-Key is 16 bytes in base64, once.");
        }

        return request.Headers.SecWebSocketVersion == Version
            ? null
            : new(StatusCodes.Status426UpgradeRequired, "Sec-WebSocket-Version 13 is spoken here.");
    }

    /// <summary>Says on a refusal what would be accepted.</summary>
    public static void Offer(HttpResponse response)
    {
        response.Headers.SecWebSocketVersion = Version;
        if (HttpProtocol.IsHttp11(response.HttpContext.Request.Protocol))
        {
            response.Headers.Upgrade = "websocket";
            response.Headers.Connection = "Upgrade";
        }
    }

    /// <summary>Answers the handshake and takes the stream.</summary>
    public static async Task<Stream> AcceptAsync(HttpContext context, string? subprotocol)
    {
        // A request that lives for days is not one that takes too long, and its silence is not a slow upload.
        context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        IHeaderDictionary headers = context.Response.Headers;
        if (subprotocol is not null)
        {
            headers.SecWebSocketProtocol = subprotocol;
        }

        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            return await connect.AcceptAsync().ConfigureAwait(false);
        }

        headers.Connection = "Upgrade";
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = AcceptKey(context.Request.Headers.SecWebSocketKey.ToString());
        IHttpUpgradeFeature upgrade = context.Features.GetRequiredFeature<IHttpUpgradeFeature>();
        return await upgrade.UpgradeAsync().ConfigureAwait(false);
    }

    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 section 4.2.2 asks for SHA-1; it proves no secret.")]
    private static string AcceptKey(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + KeyGuid)));

    private static bool Has(StringValues values, string token)
    {
        foreach (string? value in values)
        {
            if (value is not null && value.Split(',', StringSplitOptions.TrimEntries).Contains(token, StringComparer.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
