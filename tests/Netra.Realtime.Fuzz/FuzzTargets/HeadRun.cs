using System.Buffers;
using Netra.Realtime.Transports.Rfc6455;
using static Netra.Realtime.Fuzz.FuzzTargets.FuzzFailureException;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>One reader of a head that gets bytes as a stream would give them.</summary>
internal sealed class HeadRun(HandshakeLimits limits)
{
    private readonly HttpHeadReader _reader = new(limits.MaxHeadBytes, limits.MaxFields);
    private byte[] _unread = [];

    public HttpHeadStatus Status { get; private set; }

    public HttpHead? Head { get; private set; }

    /// <summary>What came behind the head, when it is complete.</summary>
    public byte[] Rest => _unread;

    /// <summary>The pieces come one after the other.</summary>
    public HeadRun Give(IEnumerable<byte[]> pieces)
    {
        foreach (byte[] piece in pieces)
        {
            Take(_unread.Length == 0 ? new ReadOnlySequence<byte>(piece) : FuzzInput.Join([_unread, piece]));
        }

        return this;
    }

    /// <summary>The pieces come together, each in a segment of its own.</summary>
    public HeadRun GiveAtOnce(IEnumerable<byte[]> pieces)
    {
        Take(FuzzInput.Join(pieces));
        return this;
    }

    /// <summary>What it comes to.</summary>
    public List<string> Outcome() => Status == HttpHeadStatus.Complete
        ? [.. HeadGrammar.Describe(Head!.StartLine, Head.Fields), Convert.ToHexString(_unread)] // complete: there is one
        : [Status.ToString()];

    private void Take(ReadOnlySequence<byte> unread)
    {
        if (Status == HttpHeadStatus.Incomplete)
        {
            SequencePosition end = unread.End;
            Status = _reader.Read(ref unread, out HttpHead? head);
            Head = head;
            ThrowUnless(unread.End.Equals(end), "what is unread is the end of what was given");
        }

        _unread = unread.ToArray();
    }
}
