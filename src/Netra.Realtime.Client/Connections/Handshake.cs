using System.Net;
using System.Net.WebSockets;

namespace Netra.Realtime.Client.Connections;

/// <summary>What became of a handshake.</summary>
/// <param name="Socket">The open socket, which the receiver owns; null when there is none.</param>
internal sealed record Handshake(WebSocket? Socket)
{
    /// <summary>What the server answered instead of an upgrade; null when it did not answer.</summary>
    public HttpStatusCode? HttpStatus { get; init; }

    /// <summary>Of a refusal.</summary>
    public TimeSpan RetryAfter { get; init; }

    public Exception? Cause { get; init; }
}
