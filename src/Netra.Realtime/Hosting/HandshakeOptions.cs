namespace Netra.Realtime.Hosting;

/// <summary>Which pages may connect from a browser: what every host of the library has to decide.</summary>
public class HandshakeOptions
{
    /// <summary>
    /// Origins that may connect besides the endpoint's own, such as <c>https://app.example.com</c>: scheme, host and port, compared
    /// after normalizing case and default ports. Default: none. A browser sends its cookies along from any page, so this list is what
    /// keeps a foreign page from reading a user's events.
    /// </summary>
    public ISet<string> AllowedOrigins { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the origin is checked at all. Default true.</summary>
    public bool CheckOrigin { get; set; } = true;

    /// <summary>Whether a client without an <c>Origin</c> header, which no browser is, is refused. Default false.</summary>
    public bool RequireOrigin { get; set; }
}
