using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;

namespace Netra.Realtime.Client.Connections;

/// <summary>Connects by <see cref="ClientWebSocket"/>. It sees the answer to a handshake, so nothing has to be asked by a <c>GET</c>.</summary>
internal sealed class ClientWebSocketConnector(Action<ClientWebSocketOptions>? configure, TimeProvider time)
{
    // A mistaken Retry-After must not park a client for good.
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(1);

    public async Task<Handshake> ConnectAsync(Uri address, RealtimeCredentials credentials, CancellationToken cancellationToken)
    {
        ClientWebSocket? socket = new();
        try
        {
            Configure(socket.Options, credentials);
            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            socket.HttpResponseHeaders = null; // nobody asks for them any more
            Handshake accepted = new(socket);
            socket = null;
            return accepted;
        }
        catch (WebSocketException e)
        {
            HttpStatusCode status = socket!.HttpStatusCode; // it is null only once it is the caller's
            return status < HttpStatusCode.OK
                ? new Handshake(null) { Cause = e }
                : new Handshake(null) { Cause = e, HttpStatus = status, RetryAfter = RetryAfter(socket.HttpResponseHeaders) };
        }
        finally
        {
            socket?.Dispose();
        }
    }

    private void Configure(ClientWebSocketOptions options, RealtimeCredentials credentials)
    {
        options.CollectHttpResponseDetails = true;
        options.AddSubProtocol("netra.v1");
        foreach ((string name, string value) in credentials.Headers)
        {
            options.SetRequestHeader(name, value);
        }

        if (credentials.Cookies is { } cookies)
        {
            options.Cookies = cookies;
        }

        configure?.Invoke(options);
    }

    private TimeSpan RetryAfter(IReadOnlyDictionary<string, IEnumerable<string>>? headers)
    {
        string? header = headers?.FirstOrDefault(entry => entry.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault();
        if (!RetryConditionHeaderValue.TryParse(header, out RetryConditionHeaderValue? value))
        {
            return TimeSpan.Zero;
        }

        TimeSpan wait = value.Delta ?? (value.Date - time.GetUtcNow()) ?? TimeSpan.Zero;
        return wait > MaxRetryAfter ? MaxRetryAfter : wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
