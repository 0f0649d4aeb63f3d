using System.Buffers.Text;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>The stamps of a message, in their order: <c>"to":"u1","n":1,"sent_ns":2</c> in events, <c>to=u1;n=1;sent_ns=2;</c> in deltas.</summary>
/// <remarks>A stamp that begins but does not go on as it should is <see cref="IsMalformed"/>: text was torn.</remarks>
internal ref struct StampReader(ReadOnlySpan<byte> message, bool isText)
{
    private ReadOnlySpan<byte> _rest = message;

    public ReadOnlySpan<byte> To { get; private set; }

    public long N { get; private set; }

    public long SentNs { get; private set; }

    public bool IsMalformed { get; private set; }

    /// <summary>How long the stamp is, with the character that ends it.</summary>
    public int Bytes { get; private set; }

    /// <summary>What follows the stamp.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest[1..];

    public bool TryRead()
    {
        ReadOnlySpan<byte> begin = isText ? "to="u8 : "\"to\":\""u8;
        int at = _rest.IndexOf(begin);
        if (at < 0)
        {
            return false;
        }

        int before = _rest.Length - at;
        _rest = _rest[(at + begin.Length)..];
        int end = _rest.IndexOf(isText ? (byte)';' : (byte)'"');
        if (end < 0)
        {
            IsMalformed = true;
            return false;
        }

        To = _rest[..end];
        _rest = _rest[end..];
        bool isWhole = TryNumber(isText ? ";n="u8 : "\",\"n\":"u8, out long n)
            && TryNumber(isText ? ";sent_ns="u8 : ",\"sent_ns\":"u8, out long sent)
            && TryTake(isText ? ";"u8 : ","u8, sent);
        N = n;
        Bytes = before - _rest.Length + 1;
        IsMalformed = !isWhole;
        return isWhole;
    }

    private bool TryTake(ReadOnlySpan<byte> end, long sent)
    {
        SentNs = sent;
        return _rest.StartsWith(end);
    }

    private bool TryNumber(ReadOnlySpan<byte> name, out long value)
    {
        value = 0;
        if (!_rest.StartsWith(name) || !Utf8Parser.TryParse(_rest[name.Length..], out value, out int digits))
        {
            return false;
        }

        _rest = _rest[(name.Length + digits)..];
        return true;
    }
}
