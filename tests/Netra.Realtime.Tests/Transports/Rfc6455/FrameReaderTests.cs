using System.Text;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>RFC 6455 sections 5 to 7, rule by rule: what is right.</summary>
public sealed class FrameReaderTests
{
    private const int Largest = 16 * 1024 * 1024;

    public static TheoryData<int, bool, int> Lengths()
    {
        TheoryData<int, bool, int> cases = [];
        foreach (int length in new[] { 0, 1, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, Largest })
        {
            foreach (bool isMasked in new[] { true, false })
            {
                cases.Add(length, isMasked, int.MaxValue);
                cases.Add(length, isMasked, 4096);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Read_EachLengthForm_IsTheMessage(int length, bool isMasked, int pieceBytes)
    {
        string text = string.Create(length, 0, static (chars, _) =>
        {
            for (int i = 0; i < chars.Length; i++)
            {
                chars[i] = (char)('a' + (i % 23));
            }
        });
        byte[] bytes = FrameBytes.Of(Opcode.Text, Encoding.ASCII.GetBytes(text), isMasked: isMasked);
        FrameFeed feed = new(isServer: isMasked, maxMessageBytes: Largest);

        for (int at = 0; at < bytes.Length; at += pieceBytes)
        {
            feed.Give(bytes.AsSpan(at, Math.Min(pieceBytes, bytes.Length - at)));
            if (pieceBytes == int.MaxValue)
            {
                break;
            }
        }

        Assert.Equal("Text " + text, Assert.Single(feed.Outcomes));
    }

    [Fact]
    public void Read_TheExamplesOfTheRfc_AreWhatItSays()
    {
        // Section 5.7.
        FrameFeed server = new(isServer: true);
        FrameFeed client = new(isServer: false);

        server.Give([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        server.Give([0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        client.Give([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
        client.Give([0x01, 0x03, 0x48, 0x65, 0x6c]);
        client.Give([0x80, 0x02, 0x6c, 0x6f]);
        client.Give([0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);

        Assert.Equal(["Text Hello", "Pong Hello"], server.Outcomes);
        Assert.Equal(["Text Hello", "Text Hello", "Ping Hello"], client.Outcomes);
    }

    [Fact]
    public void Read_AMessageInFragmentsWithControlFramesBetween_BothComeInTheOrderOfTheirEnds()
    {
        List<string> read = FrameFeed.Read(
            FrameBytes.Of(Opcode.Text, "one "u8, isFinal: false),
            FrameBytes.Of(Opcode.Ping, "p1"u8),
            FrameBytes.Of(Opcode.Continuation, "two "u8, isFinal: false),
            FrameBytes.Of(Opcode.Pong, ""u8),
            FrameBytes.Of(Opcode.Ping, "p2"u8),
            FrameBytes.Of(Opcode.Continuation, ""u8, isFinal: false),
            FrameBytes.Of(Opcode.Continuation, "three"u8),
            FrameBytes.Of(Opcode.Text, "next"u8));

        Assert.Equal(["Ping p1", "Pong ", "Ping p2", "Text one two three", "Text next"], read);
    }

    [Fact]
    public void Read_BinaryInFragments_IsNotJudgedAsText()
    {
        List<string> read = FrameFeed.Read(
            FrameBytes.Of(Opcode.Binary, [0xff], isFinal: false), FrameBytes.Of(Opcode.Continuation, [0xfe]), FrameBytes.Of(Opcode.Binary, [0xfd]));

        Assert.Equal(["Binary \u00ff\u00fe", "Binary \u00fd"], read);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(125)]
    public void Read_AControlFrameAsLongAsItMayBe_IsRead(int length)
    {
        byte[] payload = [.. Enumerable.Repeat((byte)'p', length)];

        Assert.Equal(
            ["Ping " + new string('p', length), "Pong " + new string('p', length)],
            FrameFeed.Read(FrameBytes.Of(Opcode.Ping, payload), FrameBytes.Of(Opcode.Pong, payload)));
    }

    [Fact]
    public void Read_EachCloseCode_IsReadOrAViolation()
    {
        for (int code = 0; code <= ushort.MaxValue; code++)
        {
            bool isLegal = code is 1000 or 1001 or 1002 or 1003 or 1007 or 1008 or 1009 or 1010 or 1011 or 1012 or 1013 or 1014 or (>= 3000 and <= 4999);

            Assert.Equal(isLegal ? $"Close {code}" : "1002", Assert.Single(FrameFeed.Read(FrameBytes.Close(code, "why"u8))));
        }
    }

    [Fact]
    public void Read_ACloseWithoutACode_SaysSo()
    {
        Assert.Equal(["Close 1005"], FrameFeed.Read(FrameBytes.Of(Opcode.Close, [])));
    }

    [Fact]
    public void Read_ACloseWithTheLongestText_IsRead()
    {
        Assert.Equal(["Close 1000"], FrameFeed.Read(FrameBytes.Close(1000, Encoding.UTF8.GetBytes(new string('\u2713', 41)))));
    }

    [Fact]
    public void Read_MostFragmentsAndMostBytes_AreOneMessage()
    {
        FrameFeed feed = new(maxMessageBytes: 126);
        feed.Give(FrameBytes.Of(Opcode.Text, ""u8, isFinal: false));
        for (int i = 0; i < 126; i++)
        {
            feed.Give(FrameBytes.Of(Opcode.Continuation, "x"u8, isFinal: false));
        }

        feed.Give(FrameBytes.Of(Opcode.Continuation, ""u8));

        Assert.Equal(["Text " + new string('x', 126)], feed.Outcomes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_EverySplitOfEverySample_IsReadTheSame(bool isServer)
    {
        foreach (byte[] sample in FrameSamples.Of(isMasked: isServer))
        {
            List<string> whole = new FrameFeed(isServer).Give(sample).Outcomes;
            for (int split = 0; split <= sample.Length; split++)
            {
                FrameFeed feed = new(isServer);
                feed.Give(sample.AsSpan(0, split)).Give(sample.AsSpan(split));
                Assert.Equal(whole, feed.Outcomes);
            }

            FrameFeed byteByByte = new(isServer);
            foreach (byte value in sample)
            {
                byteByByte.Give([value]);
            }

            Assert.Equal(whole, byteByByte.Outcomes);
            Assert.Equal(whole, new FrameFeed(isServer).GiveInSegments(sample).Outcomes);
        }
    }

    [Fact]
    public void Read_SteadyState_AllocatesNothing()
    {
        byte[] whole = FrameBytes.Of(Opcode.Text, Encoding.UTF8.GetBytes(new string('x', 300) + "\u2713"));
        byte[][] inPieces = [FrameBytes.Of(Opcode.Text, "in "u8, isFinal: false), FrameBytes.Of(Opcode.Ping, "p"u8), FrameBytes.Of(Opcode.Continuation, "pieces"u8)];
        byte[][] frames = [whole, .. inPieces, whole[..20], whole[20..]];
        byte[][] scratch = [.. frames.Select(frame => new byte[frame.Length])];
        FrameReader reader = new(isServer: true, 128);

        int read = 0;
        long before = 0;
        for (int round = 0; round < 200; round++)
        {
            before = round == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            for (int i = 0; i < frames.Length; i++)
            {
                frames[i].CopyTo(scratch[i], 0); // reading unmasks in place
                System.Buffers.ReadOnlySequence<byte> unread = new(scratch[i]);
                while (reader.TryRead(ref unread, 1024, out _))
                {
                    read++;
                }
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(200 * 4, read);
    }
}
