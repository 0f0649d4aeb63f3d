using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Netra.Realtime.Connections;
using Netra.Realtime.DependencyInjection;
using Netra.Realtime.Hosting;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports.Rfc6455;
using Netra.Realtime.Transports.SystemNet;

namespace Netra.Realtime.AspNetCore;

/// <summary>The endpoint: authentication, then origin, then the rest; every refusal is HTTP, before the upgrade, and a plain <c>GET</c> gets the same.</summary>
internal sealed class RealtimeEndpoint(
    RealtimeConnections connections, IOptions<RealtimeOptions> options, RealtimeEndpointOptions endpoint, TimeProvider time, ILogger<RealtimeEndpoint> logger)
{
    // Long enough for a host to be replaced, short enough for nobody to notice.
    private const int RetryAfterSeconds = 2;

    private readonly RealtimeOptions _options = options.Value;
    private readonly HandshakeRules _rules = new(connections, endpoint);

    public async Task HandleAsync(HttpContext context)
    {
        if (Check(context, out ConnectionRequest? request, out string? subprotocol) is { } refusal)
        {
            await RefuseAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        LimitSendBuffer(context);
        Stream stream = await WebSocketHandshake.AcceptAsync(context, subprotocol).ConfigureAwait(false);
        RequestAbort abort = new(context.Abort);
        try
        {
            await connections.RunAsync(endpoint.UsesSystemNetWebSockets ? SystemNet(stream, abort) : new FramedTransport(stream, true, time, abort.Abort), request!)
                .ConfigureAwait(false);
        }
        finally
        {
            await abort.EndAsync().ConfigureAwait(false);
        }

        LimitTheRest(context);
    }

    private WebSocketTransport SystemNet(Stream stream, RequestAbort abort)
    {
        WebSocket socket = WebSocket.CreateFromStream(new UpgradedStream(stream, abort), new WebSocketCreationOptions
        {
            IsServer = true,
            KeepAliveInterval = _options.Heartbeat.Enabled ? _options.Heartbeat.Interval : Timeout.InfiniteTimeSpan,
            KeepAliveTimeout = _options.Heartbeat.Enabled ? _options.Heartbeat.Timeout : Timeout.InfiniteTimeSpan,
        });
        return new WebSocketTransport(socket, abort.Abort);
    }

    // What the kernel has taken can neither be overtaken nor be counted as waiting: with megabytes of it, a slow peer looks like a fast one.
    // Over HTTP/2 the socket is that of other requests too.
    private void LimitSendBuffer(HttpContext context)
    {
        if (_options.Delivery.SendBufferBytes == 0 || !HttpProtocol.IsHttp11(context.Request.Protocol)
            || context.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            return;
        }

        try
        {
            socket.SendBufferSize = _options.Delivery.SendBufferBytes;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer has left already, as whoever reads finds out.
        }
    }

    // The host still sends what it has buffered, the close frame last, and would wait for ever for a peer that does not read.
    // HTTP/2 has other streams on the connection, and watches over its own.
    private void LimitTheRest(HttpContext context)
    {
        if (HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IConnectionLifetimeFeature>() is { ConnectionClosed.IsCancellationRequested: false } connection)
        {
            ITimer timer = time.CreateTimer(
                static state => ((IConnectionLifetimeFeature)state!).Abort(), connection, _options.Delivery.CloseTimeout, Timeout.InfiniteTimeSpan);
            connection.ConnectionClosed.UnsafeRegister(static state => ((ITimer)state!).Dispose(), timer);
        }
    }

    private HandshakeRefusal? Check(HttpContext context, out ConnectionRequest? request, out string? subprotocol)
    {
        (request, subprotocol) = (null, null);
        HandshakeRequest handshake = context.Request.AsHandshake();
        if (_rules.CheckAddress(handshake) is { } tooMany)
        {
            return tooMany;
        }

        ClaimsPrincipal principal = context.User;
        if (principal.Identity is not { IsAuthenticated: true })
        {
            return new(StatusCodes.Status401Unauthorized, "Not authenticated.");
        }

        DateTimeOffset? expiresAt = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;
        return Identify(principal) is { } user
            ? _rules.Check(handshake, user, expiresAt, out request, out subprotocol) ?? WebSocketHandshake.Check(context)
            : new(StatusCodes.Status403Forbidden, "The principal is no user.");
    }

    private UserId? Identify(ClaimsPrincipal principal)
    {
        try
        {
            UserId? user = _options.IdentifyUser(principal);
            return user == default(UserId) ? null : user;
        }
        catch (ArgumentException)
        {
            return null; // what the principal has cannot be a user id
        }
    }

    private async Task RefuseAsync(HttpContext context, HandshakeRefusal refusal)
    {
        EndpointLog.Refused(logger, refusal.StatusCode, refusal.Detail);
        HttpResponse response = context.Response;
        response.StatusCode = refusal.StatusCode;
        response.Headers.CacheControl = "no-store";
        switch (refusal.StatusCode)
        {
            case StatusCodes.Status426UpgradeRequired:
                WebSocketHandshake.Offer(response);
                break;
            case StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests:
                response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
                break;
        }

        response.ContentType = "text/plain; charset=utf-8";
        await response.WriteAsync(refusal.Detail, context.RequestAborted).ConfigureAwait(false);
    }
}
