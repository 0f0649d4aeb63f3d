using System.Text;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>A server's part of the handshake (RFC 6455 section 4.2) over HTTP/1.1: judges a request, makes the answer. Extensions are declined.</summary>
internal static class ServerHandshake
{
    private const string Version = "13";

    /// <summary>Judges a request.</summary>
    /// <param name="request">The head of the request.</param>
    /// <param name="subprotocols">What is spoken here. The first that the client offers and that is among them is agreed on.</param>
    public static HandshakeAnswer Answer(HttpHead request, IReadOnlyCollection<string> subprotocols)
    {
        if (!IsRequest(request, "GET") || !request.TryReadTokens("Upgrade", out List<string> upgrade, mayHaveVersions: true)
            || !request.TryReadTokens("Connection", out List<string> connection))
        {
            return Say(400);
        }

        if (!upgrade.Contains("websocket", StringComparer.OrdinalIgnoreCase) || !connection.Contains("Upgrade", StringComparer.OrdinalIgnoreCase))
        {
            return Say(426);
        }

        if (!HandshakeKey.IsValid(request.Single("Sec-WebSocket-Key")) || !request.TryReadTokens("Sec-WebSocket-Protocol", out List<string> offered))
        {
            return Say(400);
        }

        return request.Single("Sec-WebSocket-Version") == Version
            ? Accept(request.Single("Sec-WebSocket-Key")!, offered.Find(name => subprotocols.Contains(name, StringComparer.Ordinal))) // found valid above
            : Say(426);
    }

    /// <summary>Whether it is a request of HTTP/1.1 by that method, to one host, and nothing follows it.</summary>
    public static bool IsRequest(HttpHead request, string method) =>
        IsRequest(request.StartLine, method) && request.Single("Host") is { } host && !IsOfAnotherHost(request.StartLine, host) && !HasBody(request);

    /// <summary>What is answered to what is no request, or too large a one.</summary>
    public static HandshakeAnswer Refuse(HttpHeadStatus status) => Say(status == HttpHeadStatus.TooLarge ? 431 : 400);

    /// <summary>Any other answer.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="detail">The body, in ASCII.</param>
    /// <param name="fields">More lines, each with its end.</param>
    public static HandshakeAnswer Say(int status, string detail = "", string fields = "")
    {
        string line = status switch
        {
            200 => "200 OK",
            400 => "400 Bad Request",
            401 => "401 Unauthorized",
            403 => "403 Forbidden",
            404 => "404 Not Found",
            426 => "426 Upgrade Required",
            431 => "431 Request Header Fields Too Large",
            503 => "503 Service Unavailable",
            _ => $"{status} Refused",
        };
        string connection = status == 426 ? $"Upgrade: websocket\r\nSec-WebSocket-Version: {Version}\r\nConnection: Upgrade, close" : "Connection: close";
        return new HandshakeAnswer(status, Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {line}\r\n{connection}\r\nCache-Control: no-store\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {detail.Length}\r\n{fields}\r\n{detail}"));
    }

    private static HandshakeAnswer Accept(string key, string? subprotocol)
    {
        StringBuilder answer = new("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n");
        answer.Append("Sec-WebSocket-Accept: ").Append(HandshakeKey.Accept(key)).Append("\r\n");
        if (subprotocol is not null)
        {
            answer.Append("Sec-WebSocket-Protocol: ").Append(subprotocol).Append("\r\n");
        }

        return new HandshakeAnswer(101, Encoding.ASCII.GetBytes(answer.Append("\r\n").ToString()), subprotocol);
    }

    // The method, a target in origin or absolute form, HTTP/1.1, with one space between.
    private static bool IsRequest(string line, string method)
    {
        string[] parts = line.Split(' ');
        return parts is [_, { Length: > 0 } target, "HTTP/1.1"] && parts[0] == method && Ascii.IsValid(target) && !target.Contains('\t', StringComparison.Ordinal)
            && (target[0] == '/' || target.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
                || target.StartsWith("https://", StringComparison.OrdinalIgnoreCase));
    }

    // An absolute target and the field have to agree: who is in front of us may go by the one, and the origin is compared with the other.
    private static bool IsOfAnotherHost(string line, string host)
    {
        ReadOnlySpan<char> target = line.AsSpan(line.IndexOf(' ', StringComparison.Ordinal) + 1);
        if (target[0] == '/')
        {
            return false;
        }

        target = target[(target.IndexOf("//", StringComparison.Ordinal) + 2)..];
        return !target[..target.IndexOfAny("/? ")].Equals(host, StringComparison.OrdinalIgnoreCase);
    }

    // What followed would be read as frames, by us and not by who is in front of us.
    private static bool HasBody(HttpHead request) =>
        request.Count("Transfer-Encoding") > 0 || (request.Count("Content-Length") > 0 && request.Single("Content-Length") != "0");
}
