using Microsoft.AspNetCore.Http;

namespace Netra.Realtime.AspNetCore;

/// <summary>The offered subprotocols (RFC 6455 section 4.1), in one linear pass over the header.</summary>
internal static class Subprotocols
{
    public const string V1 = "netra.v1";
    private const int MaxOffered = 32;

    /// <summary>The names that were offered; empty entries are left out.</summary>
    public static List<string> Read(HttpRequest request)
    {
        List<string> offered = [];
        foreach (string? line in request.Headers.SecWebSocketProtocol)
        {
            ReadOnlySpan<char> header = line;
            foreach (Range range in header.Split(','))
            {
                ReadOnlySpan<char> name = header[range].Trim(" \t");
                if (!name.IsEmpty && offered.Count <= MaxOffered)
                {
                    offered.Add(name.ToString());
                }
            }
        }

        return offered;
    }

    /// <summary>Whether the header, where there is one, has at least one entry and every entry is a token (RFC 9110 section 5.6.2).</summary>
    public static bool IsWellFormed(HttpRequest request, List<string> offered) =>
        (request.Headers.SecWebSocketProtocol.Count == 0 || offered.Count is > 0 and <= MaxOffered)
        && offered.TrueForAll(static name => name.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)));
}
