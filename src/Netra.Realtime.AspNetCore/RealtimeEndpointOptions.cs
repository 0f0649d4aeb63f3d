using Netra.Realtime.Hosting;

namespace Netra.Realtime.AspNetCore;

/// <summary>Which pages may open the endpoint from a browser, and what carries its connections.</summary>
public sealed class RealtimeEndpointOptions : HandshakeOptions
{
    internal bool UsesSystemNetWebSockets { get; private set; }

    /// <summary>
    /// Puts <see cref="System.Net.WebSockets.WebSocket"/> under the connections instead of the library's own framing: for whoever wants
    /// the framework's stack. Each message is a write of its own then, pongs are not seen (so the peer is watched by the socket's own
    /// keep-alive, set from <c>Heartbeat.Interval</c> and <c>Heartbeat.Timeout</c>), and the code of a violation may be lost.
    /// </summary>
    public void UseSystemNetWebSockets() => UsesSystemNetWebSockets = true;
}
