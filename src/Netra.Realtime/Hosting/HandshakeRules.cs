using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Hosting;

/// <summary>What every host asks of a handshake, once it knows whose it is: the same answers under ASP.NET Core and on a stream. Safe to call concurrently.</summary>
public sealed class HandshakeRules
{
    private readonly RealtimeConnections _connections;
    private readonly OriginCheck _origins;

    /// <summary>Makes the rules of an endpoint; the options are read once.</summary>
    /// <param name="connections">What the endpoint serves.</param>
    /// <param name="options">Which pages may connect.</param>
    /// <exception cref="ArgumentException">One of the allowed origins is none.</exception>
    public HandshakeRules(RealtimeConnections connections, HandshakeOptions options)
    {
        ArgumentNullException.ThrowIfNull(connections);
        ArgumentNullException.ThrowIfNull(options);
        _connections = connections;
        _origins = new OriginCheck(options);
    }

    /// <summary>Judges where a request comes from: to be called first of all, before anybody is authenticated.</summary>
    /// <param name="request">The request; without a <see cref="HandshakeRequest.RemoteEndPoint"/> nothing is judged.</param>
    /// <returns>What to answer instead; null when nothing is wrong.</returns>
    public HandshakeRefusal? CheckAddress(HandshakeRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (_connections.Rates.AllowsAndTakes(request.RemoteEndPoint))
        {
            return null;
        }

        CountIfHandshake(request, "address_rate");
        return new(429, "Too many connects from this address.");
    }

    /// <summary>Judges all but the authentication before it and the WebSocket's own headers behind it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="user">Who asks, authenticated.</param>
    /// <param name="expiresAt">When the credentials run out; null: never.</param>
    /// <param name="connection">What to serve when nothing is wrong.</param>
    /// <param name="subprotocol">What to echo then; null: nothing.</param>
    /// <returns>What to answer instead; null when nothing is wrong.</returns>
    public HandshakeRefusal? Check(
        HandshakeRequest request, UserId user, DateTimeOffset? expiresAt, out ConnectionRequest? connection, out string? subprotocol)
    {
        ArgumentNullException.ThrowIfNull(request);
        (connection, subprotocol) = (null, null);

        // Whoever authenticated may forgive some minutes: a connection that would be closed with 4401 at once need not come in.
        if (expiresAt <= _connections.Time.GetUtcNow())
        {
            return new(401, "The credentials have run out.");
        }

        if (!_origins.Allows(request))
        {
            return new(403, "The origin is not allowed.");
        }

        if (_connections.IsRevoked(user))
        {
            CountIfHandshake(request, "revoked");
            return new(403, "The user may not connect.");
        }

        if (ConnectionQuery.Read(request.Query, request.Headers("Last-Event-ID"), _connections.Limits.MaxFilterEntries, user, expiresAt, out ConnectionRequest? asked) is { } bad)
        {
            return new(400, bad);
        }

        if (!request.HasValidSubprotocols)
        {
            return new(400, "Sec-WebSocket-Protocol is a list of tokens.");
        }

        if (request is { OffersToken: true, OffersV1: false })
        {
            return new(400, "A browser that offers jwt. has to offer netra.v1 too: it fails when nothing is echoed.");
        }

        if (Unavailable(request) is { } unavailable)
        {
            return new(503, unavailable);
        }

        if (!_connections.Rates.Allows(user, request.IsHandshake))
        {
            CountIfHandshake(request, "user_rate");
            return new(429, "Too many connects of this user.");
        }

        if (request.OffersOnlyUnknownVersions && _connections.TryWarnOfVersion())
        {
            HostingLog.UnknownVersion(_connections.Logger);
        }

        (connection, subprotocol) = (asked, request.OffersV1 ? HandshakeRequest.V1 : null);
        return null;
    }

    private string? Unavailable(HandshakeRequest request)
    {
        if (_connections.IsStopping || _connections.IsOverloaded)
        {
            return _connections.IsStopping ? "The server is stopping." : "Too many connections are being refused.";
        }

        if (_connections.Pressure.Stage == PressureStage.Normal)
        {
            return null;
        }

        CountIfHandshake(request, "pressure");
        return "The server is under pressure.";
    }

    // A plain GET is how a client of a browser asks why it was refused: that is not another.
    private void CountIfHandshake(HandshakeRequest request, string reason)
    {
        if (request.IsHandshake)
        {
            _connections.Metrics.Rejected(reason);
        }
    }

    internal bool Allows(HandshakeRequest request) => _origins.Allows(request);
}
