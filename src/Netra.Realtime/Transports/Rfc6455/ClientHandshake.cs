using System.Text;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>A client's part of the handshake (RFC 6455 section 4.1) over HTTP/1.1: makes the request, judges the answer. Offers no extensions.</summary>
internal sealed class ClientHandshake
{
    private readonly string _key = HandshakeKey.Create();
    private readonly IReadOnlyCollection<string> _subprotocols;

    /// <summary>Makes a request.</summary>
    /// <param name="uri">Where to: what <c>Host</c> and the target are made of.</param>
    /// <param name="subprotocols">What is offered, the best first.</param>
    /// <param name="fields">More fields, such as <c>Authorization</c>.</param>
    /// <exception cref="ArgumentException">A subprotocol or a field would be no part of an HTTP head.</exception>
    public ClientHandshake(Uri uri, IReadOnlyCollection<string> subprotocols, IEnumerable<KeyValuePair<string, string>> fields)
    {
        _subprotocols = subprotocols;
        StringBuilder request = new($"GET {uri.PathAndQuery} HTTP/1.1\r\nHost: {uri.Authority}\r\n");
        request.Append("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ").Append(_key).Append("\r\n");
        foreach (string subprotocol in subprotocols)
        {
            if (!IsToken(subprotocol))
            {
                throw new ArgumentException("A subprotocol is a token.", nameof(subprotocols));
            }

            Append(request, "Sec-WebSocket-Protocol", subprotocol);
        }

        foreach ((string name, string value) in fields)
        {
            Append(request, name, value);
        }

        Request = Encoding.ASCII.GetBytes(request.Append("\r\n").ToString());
    }

    /// <summary>The request.</summary>
    public byte[] Request { get; }

    /// <summary>Judges the answer.</summary>
    /// <returns>The subprotocol that was agreed on, if any.</returns>
    /// <exception cref="RealtimeProtocolException">It is a refusal, or no answer to this request.</exception>
    public string? Verify(HttpHead answer)
    {
        if (answer.StartLine != "HTTP/1.1 101" && !answer.StartLine.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
        {
            throw new RealtimeProtocolException("The server refused the handshake.", null);
        }

        if (!string.Equals(answer.Single("Upgrade"), "websocket", StringComparison.OrdinalIgnoreCase)
            || !answer.TryReadTokens("Connection", out List<string> connection) || !connection.Contains("Upgrade", StringComparer.OrdinalIgnoreCase)
            || answer.Single("Sec-WebSocket-Accept") != HandshakeKey.Accept(_key))
        {
            throw new RealtimeProtocolException("The server does not speak WebSocket.", null);
        }

        string? subprotocol = answer.Single("Sec-WebSocket-Protocol");
        if (answer.Count("Sec-WebSocket-Extensions") > 0 || answer.Count("Sec-WebSocket-Protocol") > 1
            || (subprotocol is not null && !_subprotocols.Contains(subprotocol, StringComparer.Ordinal)))
        {
            throw new RealtimeProtocolException("The server agrees to what was not offered.", null);
        }

        return subprotocol;
    }

    private static bool IsToken(string value) => value.Length > 0 && !value.AsSpan().ContainsAnyExcept(HttpHeadReader.TokenChars);

    // A value with a line break in it would be a field of somebody else's making.
    private static void Append(StringBuilder request, string name, string value)
    {
        if (!IsToken(name) || value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw new ArgumentException($"The field {name} would be no part of an HTTP head.", nameof(value));
        }

        request.Append(name).Append(": ").Append(value).Append("\r\n");
    }
}
