using System.Buffers;
using System.Text;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>Gives bytes to a reader of heads as a stream would, in pieces.</summary>
internal sealed class HeadFeed
{
    private readonly HttpHeadReader _reader = new(HandshakeLimits.Default.MaxHeadBytes, HandshakeLimits.Default.MaxFields);
    private byte[] _unread = [];

    public HttpHeadStatus Status { get; private set; }

    public HttpHead? Head { get; private set; }

    /// <summary>What came behind the head.</summary>
    public ReadOnlySpan<byte> Rest => _unread;

    public HeadFeed Give(ReadOnlySpan<byte> piece)
    {
        _unread = [.. _unread, .. piece];
        if (Status == HttpHeadStatus.Incomplete)
        {
            ReadOnlySequence<byte> unread = new(_unread);
            Status = _reader.Read(ref unread, out HttpHead? head);
            Head = head;
            _unread = unread.ToArray();
        }

        return this;
    }

    /// <summary>What it comes to, for a comparison.</summary>
    public string Outcome() => Status == HttpHeadStatus.Complete
        ? string.Join('\n', Head!.Fields.Select(field => $"{field.Key}={field.Value}").Prepend(Head.StartLine).Append(Encoding.Latin1.GetString(_unread)))
        : Status.ToString();

    /// <summary>The status of the answer; 0 while there is none.</summary>
    public int AnswerStatus(params string[] subprotocols) => Status switch
    {
        HttpHeadStatus.Incomplete => 0,
        HttpHeadStatus.Complete => ServerHandshake.Answer(Head!, subprotocols).Status,
        _ => ServerHandshake.Refuse(Status).Status,
    };
}
