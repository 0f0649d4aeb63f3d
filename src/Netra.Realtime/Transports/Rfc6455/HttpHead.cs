namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>The head of an HTTP/1.1 message: its first line and its fields, well-formed but not judged.</summary>
/// <param name="startLine">The first line.</param>
internal sealed class HttpHead(string startLine)
{
    private readonly List<KeyValuePair<string, string>> _fields = [];

    public string StartLine { get; } = startLine;

    /// <summary>Name and value of each field, in order; a name may occur more than once.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields => _fields;

    public void Add(string name, string value) => _fields.Add(new(name, value));

    /// <summary>The value of a field that is there exactly once; otherwise null.</summary>
    public string? Single(string name) => Count(name) == 1 ? _fields.Find(field => IsNamed(field, name)).Value : null;

    /// <summary>The values of a field, in order; empty where there is none.</summary>
    public IReadOnlyList<string> Values(string name) => [.. _fields.Where(field => IsNamed(field, name)).Select(static field => field.Value)];

    /// <summary>How often a field is there.</summary>
    public int Count(string name)
    {
        int count = 0;
        foreach (KeyValuePair<string, string> field in _fields)
        {
            count += IsNamed(field, name) ? 1 : 0;
        }

        return count;
    }

    /// <summary>Reads all fields of a name as one list of tokens (RFC 9110 section 5.6.1).</summary>
    /// <param name="name">The name.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="mayHaveVersions">Whether each may have a version behind it, as a protocol (section 7.8): <c>foo/2</c>.</param>
    /// <returns>False: there is one that is no token, or none although there is a field.</returns>
    public bool TryReadTokens(string name, out List<string> tokens, bool mayHaveVersions = false)
    {
        tokens = [];
        int fields = 0;
        foreach (KeyValuePair<string, string> field in _fields)
        {
            if (!IsNamed(field, name))
            {
                continue;
            }

            fields++;
            foreach (Range range in field.Value.AsSpan().Split(','))
            {
                ReadOnlySpan<char> token = field.Value.AsSpan(range).Trim(HttpHeadReader.Whitespace);
                if (!IsElement(token, mayHaveVersions))
                {
                    return false;
                }

                if (!token.IsEmpty)
                {
                    tokens.Add(token.ToString());
                }
            }
        }

        return fields == 0 || tokens.Count > 0;
    }

    // An empty one too, which a list may have.
    private static bool IsElement(ReadOnlySpan<char> element, bool mayHaveVersion)
    {
        int slash = mayHaveVersion ? element.IndexOf('/') : -1;
        return slash < 0
            ? IsToken(element)
            : slash > 0 && slash < element.Length - 1 && IsToken(element[..slash]) && IsToken(element[(slash + 1)..]);
    }

    private static bool IsToken(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(HttpHeadReader.TokenChars);

    private static bool IsNamed(KeyValuePair<string, string> field, string name) => string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase);
}
