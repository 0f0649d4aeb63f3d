using Netra.Realtime.Protocol;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>RFC 6455 sections 5 to 7, rule by rule: what is wrong, its answer, and how early it comes.</summary>
public sealed class FrameViolationTests
{
    private const string Protocol = "1002";
    private const string Policy = "1008";
    private const string TooBig = "1009";

    private static readonly Opcode[] Known = [Opcode.Continuation, Opcode.Text, Opcode.Binary, Opcode.Close, Opcode.Ping, Opcode.Pong];

    [Fact]
    public void Read_AReservedBit_IsAViolationAtItsByte()
    {
        foreach (Opcode opcode in Known)
        {
            for (int reserved = 1; reserved < 8; reserved++)
            {
                Assert.Equal([Protocol], FrameFeed.Read(FrameBytes.Of(opcode, [], reserved: reserved)[..1]));
            }
        }
    }

    [Fact]
    public void Read_AReservedOpcode_IsAViolationAtItsByte()
    {
        for (int opcode = 0; opcode < 16; opcode++)
        {
            foreach (bool isFinal in new[] { true, false })
            {
                bool isReserved = !Known.Contains((Opcode)opcode);
                bool isFragmentedControl = opcode >= 8 && !isFinal;
                Assert.Equal(
                    isReserved || isFragmentedControl ? [Protocol] : [], FrameFeed.Read(FrameBytes.Of((Opcode)opcode, [], isFinal)[..1]));
            }
        }
    }

    /// <summary>Each FIN, reserved bit and opcode, masked and not, inside a message and not, at a server and at a client.</summary>
    [Fact]
    public void Read_EachFirstByteInEachState_IsAViolationUnlessTheRfcAllowsIt()
    {
        for (int state = 0; state < 256 * 8; state++)
        {
            byte first = (byte)state;
            (bool isServer, bool isMasked, bool isInMessage) = ((state & 256) != 0, (state & 512) != 0, (state & 1024) != 0);
            FrameFeed feed = new(isServer);
            if (isInMessage)
            {
                feed.Give(FrameBytes.Of(Opcode.Text, [], isFinal: false, isMasked: isServer));
            }

            feed.Give([first, (byte)(isMasked ? 0x80 : 0), .. isMasked ? "mask"u8 : []]);

            int opcode = first & 0x0f;
            bool isFinal = first >= 0x80;
            bool isAllowed = (first & 0x70) == 0 && isMasked == isServer && opcode switch
            {
                0 => isInMessage,
                1 or 2 => !isInMessage,
                8 or 9 or 10 => isFinal,
                _ => false,
            };
            string[] expected = !isAllowed ? [Protocol] : !isFinal ? [] : [opcode switch { 0 or 1 => "Text ", 2 => "Binary ", 8 => "Close 1005", 9 => "Ping ", _ => "Pong " }];
            Assert.True(expected.SequenceEqual(feed.Outcomes), $"{first:x2} {isServer} {isMasked} {isInMessage}: {string.Join(", ", feed.Outcomes)}");
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Read_MaskedOnTheWrongSide_IsAViolationAtItsByte(bool isServer, bool isMasked)
    {
        foreach (Opcode opcode in Known)
        {
            FrameFeed feed = new(isServer);

            feed.Give(FrameBytes.Of(opcode, "x"u8, isMasked: isMasked).AsSpan(0, 2));

            Assert.Equal([Protocol], feed.Outcomes);
        }
    }

    [Theory]
    [InlineData(8, 126)]
    [InlineData(9, 126)]
    [InlineData(10, 126)]
    [InlineData(9, 127)]
    [InlineData(9, 65_536)]
    public void Read_AControlFrameThatIsTooLong_IsAViolationAtItsByte(int opcode, int length)
    {
        Assert.Equal([Protocol], FrameFeed.Read(FrameBytes.Header((Opcode)opcode, (ulong)length)[..2]));
    }

    [Theory]
    [InlineData(0, 126)]
    [InlineData(1, 126)]
    [InlineData(125, 126)]
    [InlineData(0, 127)]
    [InlineData(125, 127)]
    [InlineData(126, 127)]
    [InlineData(65_535, 127)]
    public void Read_ALengthInMoreBytesThanNeeded_IsAViolation(int length, int form)
    {
        Assert.Equal([Protocol], FrameFeed.Read(FrameBytes.Header(Opcode.Text, (ulong)length, lengthForm: form)));
    }

    [Theory]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public void Read_TheTopBitOfALength_IsAViolation(ulong length)
    {
        Assert.Equal([Protocol], FrameFeed.Read(FrameBytes.Header(Opcode.Text, length)));
    }

    [Theory]
    [InlineData(1025)]
    [InlineData(65_536)]
    [InlineData(1L << 31)]
    [InlineData(1L << 32)]
    [InlineData(long.MaxValue)]
    public void Read_ADeclaredLengthAboveTheLimit_IsAViolationBeforeItsPayloadAndTakesNoMemory(long length)
    {
        byte[] header = FrameBytes.Header(Opcode.Text, (ulong)length);
        FrameReader reader = new(isServer: true, 128);
        System.Buffers.ReadOnlySequence<byte> unread = new(header);
        long before = GC.GetAllocatedBytesForCurrentThread();

        RealtimeProtocolException violation = Assert.Throws<RealtimeProtocolException>(() => reader.TryRead(ref unread, 1024, out _));

        Assert.Equal(CloseReason.MessageTooBig, violation.CloseReason);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
        Assert.Equal(header.Length, unread.Length); // so that a drain can skip it
    }

    [Fact]
    public void Read_FragmentsThatAreTooLongTogether_AreAViolationAtTheHeaderThatSaysSo()
    {
        FrameFeed feed = new(maxMessageBytes: 10);

        feed.Give(FrameBytes.Of(Opcode.Text, "12345"u8, isFinal: false)).Give(FrameBytes.Of(Opcode.Continuation, "12345"u8, isFinal: false));
        Assert.Empty(feed.Outcomes);
        feed.Give(FrameBytes.Header(Opcode.Continuation, 1));

        Assert.Equal([TooBig], feed.Outcomes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Read_OneFragmentAboveTheMost_IsAViolationAtItsHeader(int fragmentBytes)
    {
        FrameFeed feed = new();
        for (int i = 0; i < 128; i++)
        {
            feed.Give(FrameBytes.Of(i == 0 ? Opcode.Text : Opcode.Continuation, new byte[fragmentBytes], isFinal: false));
        }

        Assert.Empty(feed.Outcomes);
        feed.Give(FrameBytes.Header(Opcode.Continuation, 0));

        Assert.Equal([Policy], feed.Outcomes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_AContinuationOfNothing_IsAViolationAtItsHeader(bool isFinal)
    {
        byte[] continuation = FrameBytes.Header(Opcode.Continuation, 5, isFinal);

        Assert.Equal([Protocol], FrameFeed.Read(continuation));
        Assert.Equal(["Text x", Protocol], FrameFeed.Read(FrameBytes.Of(Opcode.Text, "x"u8), continuation));
        Assert.Equal(
            ["Text xy", Protocol],
            FrameFeed.Read(FrameBytes.Of(Opcode.Text, "x"u8, isFinal: false), FrameBytes.Of(Opcode.Continuation, "y"u8), continuation));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    public void Read_AMessageInsideAnother_IsAViolationAtItsHeader(int opcode, bool isFinal)
    {
        Assert.Equal([Protocol], FrameFeed.Read(FrameBytes.Of(Opcode.Text, "x"u8, isFinal: false), FrameBytes.Header((Opcode)opcode, 5, isFinal)));
    }

    [Fact]
    public void Read_ACloseWithHalfACode_IsAViolation()
    {
        Assert.Equal([Protocol], FrameFeed.Read(FrameBytes.Of(Opcode.Close, [3])));
    }

    [Theory]
    [InlineData(new byte[] { 0xff })]
    [InlineData(new byte[] { (byte)'x', 0xe2, 0x9c })]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })]
    public void Read_ACloseWithATextThatIsNotUtf8_IsAViolation(byte[] reason)
    {
        Assert.Equal([Protocol], FrameFeed.Read(FrameBytes.Close(1000, reason)));
    }

    [Fact]
    public void Read_AViolationBehindMessages_ComesAfterThem()
    {
        Assert.Equal(
            ["Text one", "Ping p", "Text two", Protocol],
            FrameFeed.Read(
                FrameBytes.Of(Opcode.Text, "one"u8), FrameBytes.Of(Opcode.Ping, "p"u8), FrameBytes.Of(Opcode.Text, "two"u8), FrameBytes.Of((Opcode)7, [])));
    }
}
