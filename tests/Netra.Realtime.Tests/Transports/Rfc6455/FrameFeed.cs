using System.Buffers;
using System.Text;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>Gives bytes to a reader as a transport would, in pieces, and notes what comes out.</summary>
internal sealed class FrameFeed(bool isServer = true, int maxMessageBytes = 1024, int maxFragments = 128)
{
    // The longest control frame: more may never have to be kept for the reader.
    private const int MostUnread = 14 + 125;

    private readonly FrameReader _reader = new(isServer, maxFragments);
    private byte[] _unread = [];

    /// <summary>What came out; the last is the close code of the violation, if there was one.</summary>
    public List<string> Outcomes { get; } = [];

    public bool IsOver { get; private set; }

    public FrameReader Reader => _reader;

    public string Last => Outcomes[^1];

    /// <summary>What comes out of all of it, given in one piece.</summary>
    public static List<string> Read(params byte[][] frames)
    {
        FrameFeed feed = new();
        feed.Give([.. frames.SelectMany(frame => frame)]);
        return feed.Outcomes;
    }

    public FrameFeed Give(ReadOnlySpan<byte> piece)
    {
        byte[] bytes = [.. _unread, .. piece];
        return Give(new ReadOnlySequence<byte>(bytes));
    }

    /// <summary>The same bytes in one sequence, each a segment of its own.</summary>
    public FrameFeed GiveInSegments(ReadOnlySpan<byte> bytes)
    {
        Segment first = new(Array.Empty<byte>(), null);
        Segment last = first;
        foreach (byte value in bytes)
        {
            last = new Segment(new[] { value }, last);
        }

        return Give(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length));
    }

    private FrameFeed Give(ReadOnlySequence<byte> unread)
    {
        try
        {
            while (!IsOver && _reader.TryRead(ref unread, maxMessageBytes, out Frame frame))
            {
                string payload = Encoding.Latin1.GetString(frame.Payload.ToArray());
                Outcomes.Add(frame.Opcode == Opcode.Close ? $"Close {frame.CloseCode}" : $"{frame.Opcode} {payload}");
            }

            Assert.True(IsOver || unread.Length < MostUnread, $"{unread.Length} bytes were not taken");
        }
        catch (RealtimeProtocolException e)
        {
            Outcomes.Add(e.CloseReason.Code.ToString(System.Globalization.CultureInfo.InvariantCulture));
            IsOver = true;
        }

        _unread = unread.ToArray();
        return this;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? previous)
        {
            Memory = bytes;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
