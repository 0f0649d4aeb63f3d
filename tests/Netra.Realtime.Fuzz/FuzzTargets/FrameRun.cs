using System.Buffers;
using System.Text.Unicode;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports.Rfc6455;
using static Netra.Realtime.Fuzz.FuzzTargets.FuzzFailureException;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>One reader that gets bytes as a transport would give them, with all that holds of each step.</summary>
internal sealed class FrameRun(FrameSettings settings)
{
    // A control frame is taken whole, and it is the longest that may have to wait for its end.
    private const int MostUnread = FrameHeader.MaxBytes + FrameHeader.MaxControlBytes;

    private readonly FrameReader _reader = new(settings.IsServer, settings.MaxFragments);
    private FrameSkipper _skipper;
    private bool _isViolated;
    private bool _isSkippedToClose;
    private byte[] _unread = [];

    /// <summary>What came out, the violation last.</summary>
    public List<string> Outcomes { get; } = [];

    /// <summary>The pieces come one after the other; what of one was not taken stands in front of the next, in a segment of its own.</summary>
    public FrameRun Give(IEnumerable<byte[]> pieces)
    {
        foreach (byte[] piece in pieces)
        {
            Take(_unread.Length == 0 ? new ReadOnlySequence<byte>(piece.ToArray()) : FuzzInput.Join([_unread, piece]));
        }

        return this;
    }

    /// <summary>The pieces come together, each in a segment of its own.</summary>
    public FrameRun GiveAtOnce(IEnumerable<byte[]> pieces)
    {
        Take(FuzzInput.Join(pieces));
        return this;
    }

    /// <summary>There is no more: adds where the reader stands.</summary>
    public List<string> End()
    {
        Outcomes.Add(_isViolated
            ? $"close {_isSkippedToClose}, {(_isSkippedToClose ? _unread.Length : 0)} behind it"
            : $"{_unread.Length} unread, {_reader.IsInFrame} {(_reader.IsInFrame ? _reader.MissingBytes : 0)}");
        _reader.Release();
        return Outcomes;
    }

    private void Take(ReadOnlySequence<byte> unread)
    {
        SequencePosition end = unread.End;
        try
        {
            while (!_isViolated)
            {
                long before = unread.Length;
                bool isRead = _reader.TryRead(ref unread, settings.MaxMessageBytes, out Frame frame);
                ThrowUnless(unread.End.Equals(end), "what is unread is the end of what was given");
                if (!isRead)
                {
                    ThrowUnless(unread.Length < MostUnread, "a payload is taken as it comes", $"{unread.Length} unread");
                    break;
                }

                ThrowUnless(unread.Length < before, "what is read is taken");
                Check(frame);
                Outcomes.Add(FrameModel.Describe(frame.Opcode, frame.Payload.ToArray(), frame.CloseCode));
            }
        }
        catch (RealtimeProtocolException e)
        {
            Outcomes.Add(FrameModel.Describe(e.CloseReason));
            ThrowUnless(unread.End.Equals(end), "what is unread after a violation is the end of what was given");
            ThrowUnless(_reader.MissingBytes >= 0, "what is missing of a payload is a length");
            _isViolated = true;
            _skipper = new FrameSkipper(_reader.MissingBytes);
        }

        if (_isViolated && !_isSkippedToClose)
        {
            _isSkippedToClose = _skipper.TrySkipToClose(ref unread);
            ThrowUnless(_isSkippedToClose || unread.Length < FrameHeader.MaxBytes, "frames are skipped as they come", $"{unread.Length} unread");
        }

        _unread = unread.ToArray();
    }

    private void Check(in Frame frame)
    {
        int limit = frame.Opcode >= Opcode.Close ? FrameHeader.MaxControlBytes : settings.MaxMessageBytes;
        ThrowUnless(frame.Payload.Length <= limit, "nothing is above its limit", $"{frame.Payload.Length} bytes");
        ThrowUnless(frame.Opcode != Opcode.Text || Utf8.IsValid(frame.Payload.ToArray()), "text is UTF-8");
    }
}
