using System.Net;
using System.Net.Security;
using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Hosting;

/// <summary>Serves connections on streams of any kind: sockets, pipes, TLS, a tunnel.</summary>
public static class RealtimeStreamExtensions
{
    /// <summary>Answers the WebSocket handshake (RFC 6455 section 4.2) on a stream, then serves the connection until it has ended.</summary>
    /// <param name="connections">What serves it.</param>
    /// <param name="stream">
    /// The stream, with the client's request still unread; owned from now on. What is written has to leave it without a flush, and
    /// disposing of it has to end its reads.
    /// </param>
    /// <param name="options">How the handshake is answered; read with each call.</param>
    /// <param name="remote">Where the client connects from, for the authentication; null where there is no such thing.</param>
    /// <param name="cancellationToken">Gives the handshake up; a connection that is open ends with the host, or by its peer.</param>
    /// <returns>Why it ended; null when there was no connection: the client was refused, left or took too long. Never throws for what a peer does.</returns>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option cannot be meant.</exception>
    public static async Task<CloseReason?> AcceptAsync(
        this RealtimeConnections connections, Stream stream, StreamOptions options, EndPoint? remote = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connections);
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(options);
        StreamHost host;
        try
        {
            host = new StreamHost(connections, options);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false); // it is ours already
            throw;
        }

        return await host.HandshakeAsync(stream, stream is SslStream, remote, null, null, TimeSpan.Zero, cancellationToken).ConfigureAwait(false) is (FramedTransport transport, ConnectionRequest request)
            ? await connections.RunAsync(transport, request).ConfigureAwait(false)
            : null;
    }
}
