using System.Net;
using Microsoft.Extensions.Logging;
using Netra.Realtime.Connections;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Hosting;

/// <summary>The endpoint on a stream: authentication, then the rules of every host, then the handshake; every refusal is HTTP, as under ASP.NET Core.</summary>
internal sealed class StreamHost
{
    // Long enough for a host to be replaced, short enough for nobody to notice.
    private const string RetryAfter = "Retry-After: 2\r\n";

    private readonly RealtimeConnections _connections;
    private readonly HandshakeRules _rules;
    private readonly string _path;
    private readonly Func<HandshakeRequest, CancellationToken, ValueTask<Authentication>> _authenticate;
    private readonly bool _isBehindTls;
    private readonly HandshakeLimits _limits;

    public StreamHost(RealtimeConnections connections, StreamOptions options)
    {
        options.Validate();
        _connections = connections;
        _rules = new HandshakeRules(connections, options);
        (_path, _authenticate, _isBehindTls) = (options.Path, options.Authenticate, options.IsBehindTls);
        _limits = HandshakeLimits.Default with { Timeout = options.HandshakeTimeout };
    }

    /// <summary>Reads a handshake and answers it.</summary>
    /// <param name="stream">The stream; owned from now on.</param>
    /// <param name="isSecure">Whether it is TLS, to the client.</param>
    /// <param name="remote">Where it comes from, if that is known.</param>
    /// <param name="abort">As of <see cref="FramedTransport"/>.</param>
    /// <param name="endSending">As of <see cref="FramedTransport"/>.</param>
    /// <param name="spent">What of the time is over already.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What to serve; null: the client was refused, left or took too long, and the stream is disposed of.</returns>
    public async Task<(FramedTransport Transport, ConnectionRequest Request)?> HandshakeAsync(
        Stream stream, bool isSecure, EndPoint? remote, Action? abort, Func<ValueTask>? endSending, TimeSpan spent, CancellationToken cancellationToken)
    {
        HandshakeLimits limits = spent == TimeSpan.Zero ? _limits : _limits with { Timeout = spent < _limits.Timeout ? _limits.Timeout - spent : TimeSpan.Zero };
        ConnectionRequest? accepted = null;
        HandshakeResult result = await StreamHandshake.AcceptAsync(stream, DecideAsync, limits, _connections.Time, abort, endSending, cancellationToken)
            .ConfigureAwait(false);
        _connections.Metrics.HandshakeEnded(result.Outcome);
        return result.Transport is { } transport ? (transport, accepted!) : null; // a transport: it was accepted below

        async ValueTask<HandshakeAnswer> DecideAsync(HttpHead head, CancellationToken deadline)
        {
            if (ServerHandshake.IsRequest(head, "OPTIONS"))
            {
                return Preflight(Read(head, isSecure || _isBehindTls, remote));
            }

            HandshakeAnswer answer = ServerHandshake.Answer(head, [HandshakeRequest.V1]);
            if (answer.Status == 400)
            {
                HostingLog.Refused(_connections.Logger, answer.Status, "It is no handshake.");
                return answer;
            }

            HandshakeRequest request = Read(head, isSecure || _isBehindTls, remote);
            (HandshakeRefusal? refusal, accepted) = await JudgeAsync(request, deadline).ConfigureAwait(false);
            return refusal is { } refused ? Refuse(request, refused)
                : answer.IsAccepted ? answer
                : Refuse(request, new(answer.Status, "A WebSocket handshake of version 13 is answered here."));
        }
    }

    private static HandshakeRequest Read(HttpHead head, bool isSecure, EndPoint? remote)
    {
        string target = head.StartLine.Split(' ')[1]; // the handshake has seen that there are three parts
        if (target[0] != '/')
        {
            int rest = target.IndexOfAny(['/', '?'], target.IndexOf("//", StringComparison.Ordinal) + 2);
            target = rest < 0 ? "/" : target[rest] == '/' ? target[rest..] : "/" + target[rest..];
        }

        int query = target.IndexOf('?', StringComparison.Ordinal);
        return new HandshakeRequest(
            isSecure ? "https" : "http",
            head.Single("Host")!, // seen too
            query < 0 ? target : target[..query],
            query < 0 ? "" : target[query..],
            head.Values)
        {
            RemoteEndPoint = remote,
        };
    }

    private async ValueTask<(HandshakeRefusal? Refusal, ConnectionRequest? Connection)> JudgeAsync(HandshakeRequest request, CancellationToken deadline)
    {
        if (request.Path != _path)
        {
            return (new(404, "There is nothing here."), null);
        }

        if (_rules.CheckAddress(request) is { } tooMany)
        {
            return (tooMany, null);
        }

        Authentication who;
        try
        {
            who = await _authenticate(request, deadline).ConfigureAwait(false) ?? throw new InvalidOperationException("Authenticate returned null.");
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw; // there is nobody left to answer
        }
        catch (Exception e)
        {
            HostingLog.AuthenticationThrew(_connections.Logger, e);
            return (new(500, "The server failed."), null);
        }

        if (who.Refusal != 0)
        {
            return (new(who.Refusal, who.Refusal == 403 ? "The user may not connect." : "Not authenticated."), null);
        }

        HandshakeRefusal? refusal = _rules.Check(request, who.User, who.ExpiresAt, out ConnectionRequest? connection, out _);
        return (refusal, connection);
    }

    // A page that may connect may also read why it could not: its client asks by a plain GET, and with a token the browser asks first whether it may.
    private HandshakeAnswer Preflight(HandshakeRequest request) => request.Path != _path || Readable(request) is not { Length: > 0 } readable
        ? Refuse(request, new(404, "There is nothing here."))
        : ServerHandshake.Say(200, "", readable + "Access-Control-Allow-Methods: GET\r\nAccess-Control-Allow-Headers: Authorization\r\nAccess-Control-Max-Age: 600\r\n");

    private HandshakeAnswer Refuse(HandshakeRequest request, HandshakeRefusal refusal)
    {
        HostingLog.Refused(_connections.Logger, refusal.StatusCode, refusal.Detail);
        return ServerHandshake.Say(refusal.StatusCode, refusal.Detail, Readable(request) + (refusal.StatusCode is 503 or 429 ? RetryAfter : ""));
    }

    private string Readable(HandshakeRequest request) => request.Header("Origin") is { } origin && _rules.Allows(request)
        ? $"Access-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: Retry-After\r\nVary: Origin\r\n"
        : "";
}
