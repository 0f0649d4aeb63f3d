using System.Buffers.Text;
using System.Net;
using System.Text;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Hosting;

/// <summary>What a client asks with, whatever HTTP stack has read it. Not thread-safe.</summary>
public sealed class HandshakeRequest
{
    /// <summary>The subprotocol of version 1.</summary>
    public const string V1 = "netra.v1";

    private const string TokenPrefix = "jwt.";
    private const int MaxOffered = 32;

    private readonly Func<string, IReadOnlyList<string?>> _headers;
    private List<string>? _subprotocols;

    /// <summary>Wraps a request.</summary>
    /// <param name="scheme"><c>http</c> or <c>https</c>: of the endpoint's own origin.</param>
    /// <param name="host">Host and port, of the endpoint's own origin.</param>
    /// <param name="path">The path, as it came.</param>
    /// <param name="query">The query, with or without its question mark, as it came.</param>
    /// <param name="headers">The lines of a header, by its name in any case; empty where there is none.</param>
    public HandshakeRequest(string scheme, string host, string path, string? query, Func<string, IReadOnlyList<string?>> headers)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(headers);
        Scheme = scheme;
        Host = host;
        Path = path;
        Query = query ?? "";
        _headers = headers;
    }

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public string Scheme { get; }

    /// <summary>Host and port, as the client wrote them.</summary>
    public string Host { get; }

    /// <summary>The path, not decoded.</summary>
    public string Path { get; }

    /// <summary>The query, not decoded.</summary>
    public string Query { get; }

    /// <summary>Where the client connects from; null where the host does not know.</summary>
    public EndPoint? RemoteEndPoint { get; init; }

    /// <summary>What was offered in <c>Sec-WebSocket-Protocol</c>; empty entries are left out.</summary>
    public IReadOnlyList<string> Subprotocols => _subprotocols ??= ReadSubprotocols();

    /// <summary>
    /// The token that the client presents: of <c>Authorization: Bearer</c>, or, where there is none, of the subprotocol
    /// <c>jwt.&lt;base64url of the token&gt;</c>, which is all that a browser can set. Null when there is none, more than one, or it is no text.
    /// </summary>
    public string? Token
    {
        get
        {
            const string Bearer = "Bearer ";
            IReadOnlyList<string?> lines = _headers("Authorization");
            return lines.Count == 0 ? SubprotocolToken
                : lines is [{ } line] && line.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? line[Bearer.Length..].Trim(' ')
                : null;
        }
    }

    /// <summary>The token of the subprotocol <c>jwt.</c> alone; null when there is none, more than one, or it is not base64url of UTF-8 text.</summary>
    public string? SubprotocolToken
    {
        get
        {
            string? token = null;
            foreach (string name in Subprotocols)
            {
                if (!name.StartsWith(TokenPrefix, StringComparison.Ordinal))
                {
                    continue;
                }

                if (token is not null)
                {
                    return null;
                }

                token = name[TokenPrefix.Length..];
            }

            return token is null ? null : Decode(token);
        }
    }

    /// <summary>Whether it is a handshake, over HTTP/1.1 or HTTP/2: not a client that asks by a plain <c>GET</c> why it was refused, which takes nothing from its rate.</summary>
    internal bool IsHandshake => _headers("Sec-WebSocket-Version").Count > 0;

    /// <summary>Whether version 1 is offered: the host echoes it then, and no other.</summary>
    internal bool OffersV1 => Subprotocols.Contains(V1, StringComparer.Ordinal);

    // At least one entry where there is a header, and every entry a token. In one linear pass.
    internal bool HasValidSubprotocols => (_headers("Sec-WebSocket-Protocol").Count == 0 || Subprotocols.Count is > 0 and <= MaxOffered)
        && Subprotocols.All(static name => !name.AsSpan().ContainsAnyExcept(HttpHeadReader.TokenChars));

    internal bool OffersToken => Subprotocols.Any(static name => name.StartsWith(TokenPrefix, StringComparison.Ordinal));

    internal bool OffersOnlyUnknownVersions => !OffersV1 && Subprotocols.Any(static name => name.StartsWith("netra.", StringComparison.Ordinal));

    /// <summary>The lines of a header.</summary>
    /// <param name="name">Its name, in any case.</param>
    /// <returns>Empty where there is none.</returns>
    public IReadOnlyList<string?> Headers(string name) => _headers(name);

    /// <summary>A header that stands once.</summary>
    /// <param name="name">Its name, in any case.</param>
    /// <returns>Null where there is none, or more than one.</returns>
    public string? Header(string name) => _headers(name) is [{ } line] ? line : null;

    /// <summary>A cookie (RFC 6265 section 5.4), not decoded.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The first of that name, which is the one of the longest path; null where there is none.</returns>
    public string? Cookie(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        foreach (string? line in _headers("Cookie"))
        {
            foreach (Range range in line.AsSpan().Split(';'))
            {
                ReadOnlySpan<char> pair = line.AsSpan(range).Trim(' ');
                int equals = pair.IndexOf('=');
                if (equals > 0 && pair[..equals].SequenceEqual(name))
                {
                    return pair[(equals + 1)..].ToString();
                }
            }
        }

        return null;
    }

    private static string? Decode(string token)
    {
        try
        {
            return Base64Url.IsValid(token) ? new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Base64Url.DecodeFromChars(token)) : null;
        }
        catch (ArgumentException)
        {
            return null; // not text, so not a token
        }
    }

    private List<string> ReadSubprotocols()
    {
        List<string> offered = [];
        foreach (string? line in _headers("Sec-WebSocket-Protocol"))
        {
            foreach (Range range in line.AsSpan().Split(','))
            {
                ReadOnlySpan<char> name = line.AsSpan(range).Trim(HttpHeadReader.Whitespace);
                if (!name.IsEmpty && offered.Count <= MaxOffered)
                {
                    offered.Add(name.ToString());
                }
            }
        }

        return offered;
    }
}
