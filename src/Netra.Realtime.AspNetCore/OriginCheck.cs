using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Netra.Realtime.AspNetCore;

/// <summary>Whether the page that connects may do so (RFC 6455 section 10.2): the same origin, or one of the list.</summary>
internal sealed class OriginCheck
{
    private readonly RealtimeEndpointOptions _options;
    private readonly HashSet<string> _allowed = new(StringComparer.Ordinal);

    public OriginCheck(RealtimeEndpointOptions options)
    {
        _options = options;
        foreach (string origin in options.AllowedOrigins)
        {
            _allowed.Add(Normalize(origin) ?? throw new ArgumentException($"'{origin}' is not an origin: scheme://host[:port].", nameof(options)));
        }
    }

    public bool Allows(HttpRequest request)
    {
        StringValues origins = request.Headers.Origin;
        if (!_options.CheckOrigin)
        {
            return true;
        }

        if (origins.Count == 0)
        {
            return !_options.RequireOrigin;
        }

        // "null" (a sandboxed frame, a file) is nobody's origin; two of them are an attempt.
        string? origin = origins.Count == 1 ? Normalize(origins[0]) : null;
        return origin is not null && (origin == Normalize($"{request.Scheme}://{request.Host.Value}") || _allowed.Contains(origin));
    }

    // Scheme and host in lower case, punycode, the port written out. A path, a user or a trailing dot makes it another origin or none.
    private static string? Normalize(string? origin)
    {
        if (!Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https" or "ws" or "wss")
            || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            return null;
        }

        return $"{uri.Scheme}://{uri.IdnHost}:{uri.Port}";
    }
}
