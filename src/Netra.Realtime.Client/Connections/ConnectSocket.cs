namespace Netra.Realtime.Client.Connections;

/// <summary>Makes one WebSocket: the seam at which tests put their own.</summary>
/// <returns>The socket, or why there is none; it throws when it was cancelled, and for what no attempt will accept.</returns>
internal delegate Task<Handshake> ConnectSocket(Uri address, RealtimeCredentials credentials, CancellationToken cancellationToken);
