using System.Buffers;
using System.Text;

namespace Netra.Realtime.Transports.Rfc6455;

/// <summary>Reads the head of an HTTP/1.1 message (RFC 9112), however it is cut, in time linear in its length. Knows no socket and no clock.</summary>
/// <remarks>Strict where leniency has been a hole before: lines end with CR LF, a field is never folded, and nothing stands between its name and the colon.</remarks>
internal sealed class HttpHeadReader(int maxBytes, int maxFields)
{
    /// <summary>What a token is made of (RFC 9110 section 5.6.2).</summary>
    public static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // Controls but for the tab.
    private static readonly SearchValues<char> Forbidden =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Where(static c => c != '\t').Append(0x7f).Select(static c => (char)c)]);

    private HttpHead? _head;
    private long _takenBytes;
    private long _searchedBytes; // of the unfinished line: they have no end of line, and are not looked at again

    /// <summary>What may stand around a value.</summary>
    public static ReadOnlySpan<char> Whitespace => " \t";

    /// <summary>Reads on.</summary>
    /// <param name="unread">What has come: lines that were taken are cut off.</param>
    /// <param name="head">The head, when it is complete.</param>
    /// <returns>How far it has come. After anything but <see cref="HttpHeadStatus.Incomplete"/> it is over.</returns>
    public HttpHeadStatus Read(ref ReadOnlySequence<byte> unread, out HttpHead? head)
    {
        while (true)
        {
            head = _head;
            if (unread.Slice(_searchedBytes).PositionOf((byte)'\n') is not { } end)
            {
                _searchedBytes = unread.Length;
                return _takenBytes + _searchedBytes < maxBytes ? HttpHeadStatus.Incomplete : HttpHeadStatus.TooLarge; // its end would be above
            }

            ReadOnlySequence<byte> line = unread.Slice(0, end);
            unread = unread.Slice(line.Length + 1);
            _searchedBytes = 0;
            _takenBytes += line.Length + 1;
            HttpHeadStatus status = _takenBytes > maxBytes ? HttpHeadStatus.TooLarge : Take(Encoding.Latin1.GetString(line));
            if (status != HttpHeadStatus.Incomplete)
            {
                return status;
            }
        }
    }

    private HttpHeadStatus Take(string line)
    {
        if (!line.EndsWith('\r') || line.AsSpan(0, line.Length - 1).ContainsAny(Forbidden))
        {
            return HttpHeadStatus.Malformed;
        }

        ReadOnlySpan<char> text = line.AsSpan(0, line.Length - 1);
        if (_head is null)
        {
            _head = new HttpHead(text.ToString());
            return text.IsEmpty ? HttpHeadStatus.Malformed : HttpHeadStatus.Incomplete;
        }

        if (text.IsEmpty)
        {
            return HttpHeadStatus.Complete;
        }

        int colon = text.IndexOfAnyExcept(TokenChars);
        if (colon <= 0 || text[colon] != ':')
        {
            return HttpHeadStatus.Malformed;
        }

        if (_head.Fields.Count == maxFields)
        {
            return HttpHeadStatus.TooLarge;
        }

        _head.Add(text[..colon].ToString(), text[(colon + 1)..].Trim(Whitespace).ToString());
        return HttpHeadStatus.Incomplete;
    }
}
