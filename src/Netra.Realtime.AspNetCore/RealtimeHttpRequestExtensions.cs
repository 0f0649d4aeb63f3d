using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Netra.Realtime.AspNetCore;

/// <summary>Reads what a browser can only say in the subprotocol header.</summary>
public static class RealtimeHttpRequestExtensions
{
    private const string TokenPrefix = "jwt.";

    /// <summary>The token that a browser offered as the subprotocol <c>jwt.&lt;base64url of the token&gt;</c>: for <c>JwtBearerEvents.OnMessageReceived</c>.</summary>
    /// <param name="request">The request of the handshake.</param>
    /// <returns>The token; null when there is none, more than one, or it is not base64url of UTF-8 text.</returns>
    public static string? GetNetraRealtimeToken(this HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        string? token = null;
        foreach (string protocol in Subprotocols.Read(request))
        {
            if (!protocol.StartsWith(TokenPrefix, StringComparison.Ordinal))
            {
                continue;
            }

            if (token is not null)
            {
                return null;
            }

            token = protocol[TokenPrefix.Length..];
        }

        if (token is null || !Base64Url.IsValid(token))
        {
            return null;
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Base64Url.DecodeFromChars(token));
        }
        catch (ArgumentException)
        {
            return null; // not text, so not a token
        }
    }
}
