namespace Netra.Realtime.AspNetCore;

/// <summary>Which pages may open the endpoint from a browser, and what carries its connections.</summary>
public sealed class RealtimeEndpointOptions
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

    internal bool UsesSystemNetWebSockets { get; private set; }

    /// <summary>
    /// Puts <see cref="System.Net.WebSockets.WebSocket"/> under the connections instead of the library's own framing: for whoever wants
    /// the framework's stack. Each message is a write of its own then, pongs are not seen (so the peer is watched by the socket's own
    /// keep-alive, set from <c>Heartbeat.Interval</c> and <c>Heartbeat.Timeout</c>), and the code of a violation may be lost.
    /// </summary>
    public void UseSystemNetWebSockets() => UsesSystemNetWebSockets = true;
}
