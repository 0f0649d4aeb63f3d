using System.Net;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client;

/// <summary>Where a <see cref="RealtimeClient"/> is, and why. Immutable.</summary>
/// <param name="State">Where it is.</param>
public sealed record ConnectionStatus(ConnectionState State)
{
    /// <summary>How the last connection ended; null while connecting and open, and when there was none.</summary>
    public CloseReason? CloseReason { get; init; }

    /// <summary>With what the server refused the handshake; null when it did not.</summary>
    public HttpStatusCode? HttpStatus { get; init; }

    /// <summary>While <see cref="ConnectionState.Waiting"/>: after how long it tries again.</summary>
    public TimeSpan? RetryIn { get; init; }

    /// <summary>What failed underneath (the credentials, the network), if anything did.</summary>
    public Exception? Error { get; init; }
}
