namespace Netra.Realtime.Hosting;

/// <summary>Whether the page that connects may do so (RFC 6455 section 10.2): the same origin, or one of the list.</summary>
internal sealed class OriginCheck
{
    private readonly bool _isOn;
    private readonly bool _isRequired;
    private readonly HashSet<string> _allowed = new(StringComparer.Ordinal);

    public OriginCheck(HandshakeOptions options)
    {
        (_isOn, _isRequired) = (options.CheckOrigin, options.RequireOrigin);
        foreach (string origin in options.AllowedOrigins)
        {
            _allowed.Add(Normalize(origin) ?? throw new ArgumentException($"'{origin}' is not an origin: scheme://host[:port].", nameof(options)));
        }
    }

    /// <summary>Scheme and host in lower case, punycode, the port written out; null for what is no origin. A path, a user or a trailing dot makes it another one, or none.</summary>
    public static string? Normalize(string? origin)
    {
        if (!Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https" or "ws" or "wss")
            || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            return null;
        }

        return $"{uri.Scheme}://{uri.IdnHost}:{uri.Port}";
    }

    public bool Allows(HandshakeRequest request)
    {
        if (!_isOn)
        {
            return true;
        }

        IReadOnlyList<string?> origins = request.Headers("Origin");
        if (origins.Count == 0)
        {
            return !_isRequired;
        }

        // "null" (a sandboxed frame, a file) is nobody's origin; two of them are an attempt.
        string? origin = origins.Count == 1 ? Normalize(origins[0]) : null;
        return origin is not null && (origin == Normalize($"{request.Scheme}://{request.Host}") || _allowed.Contains(origin));
    }
}
