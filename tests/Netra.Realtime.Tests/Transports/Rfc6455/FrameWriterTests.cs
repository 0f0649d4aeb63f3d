using System.Buffers;
using System.Text;
using CsCheck;
using Netra.Realtime.Transports;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

public sealed class FrameWriterTests
{
    private const int Largest = 16 * 1024 * 1024;

    private static readonly int[] Edges = [0, 1, 125, 126, 127, 128, 65_535, 65_536];

    [Fact]
    public void Pack_EachLengthForm_IsTheFrameOfTheRfc()
    {
        foreach (int length in Edges.Append(Largest))
        {
            byte[] message = [.. Enumerable.Range(0, length).Select(i => (byte)('a' + (i % 23)))];

            Assert.True(FrameBytes.Of(Opcode.Text, message, isMasked: false).AsSpan().SequenceEqual(FrameWriter.Pack(BatchOf(message)).Span));
        }
    }

    [Fact]
    public void Pack_AnyBatch_IsItsFramesOneBehindTheOther()
    {
        Gen.OneOf(Gen.Int[0, 300], Gen.Int[0, Edges.Length - 1].Select(i => Edges[i])).Array[0, 12].Sample(lengths =>
        {
            byte[][] messages = Messages(lengths);
            byte[] expected = [.. messages.SelectMany(message => FrameBytes.Of(Opcode.Text, message, isMasked: false))];
            MessageBatch batch = BatchOf(messages);

            return FrameWriter.Pack(batch).Span.SequenceEqual(expected);
        });
    }

    [Fact]
    public void Pack_NoMessage_IsNothing()
    {
        Assert.True(FrameWriter.Pack(new MessageBatch()).IsEmpty);
    }

    [Fact]
    public void Pack_BatchIsUsedAgain_EachTimeIsRight()
    {
        MessageBatch batch = new();
        foreach (string text in new[] { "first", new string('x', 200), "third" })
        {
            batch.Clear();
            batch.Add(Encoding.ASCII.GetBytes(text));
            batch.Add("and"u8);

            byte[] expected = [.. FrameBytes.Of(Opcode.Text, Encoding.ASCII.GetBytes(text), isMasked: false), .. FrameBytes.Of(Opcode.Text, "and"u8, isMasked: false)];
            Assert.Equal(expected, FrameWriter.Pack(batch).ToArray());
        }
    }

    [Fact]
    public void PackMasked_AnyBatch_IsReadByAServerAsItWas()
    {
        Gen.OneOf(Gen.Int[0, 300], Gen.Int[0, Edges.Length - 1].Select(i => Edges[i])).Array[0, 6].Sample(lengths =>
        {
            byte[][] messages = Messages(lengths);
            MessageBatch batch = BatchOf(messages);
            byte[] bytes = new byte[FrameWriter.MaskedBytes(batch)];

            FrameWriter.PackMasked(batch, bytes);

            FrameFeed server = new(isServer: true, maxMessageBytes: Largest);
            server.Give(bytes);
            return server.Outcomes.SequenceEqual(messages.Select(message => "Text " + Encoding.ASCII.GetString(message)));
        });
    }

    [Fact]
    public void PackMasked_TheLargestMessage_IsReadByAServerAsItWas()
    {
        byte[] message = [.. Enumerable.Range(0, Largest).Select(i => (byte)('a' + (i % 23)))];
        MessageBatch batch = BatchOf(message);
        byte[] bytes = new byte[FrameWriter.MaskedBytes(batch)];

        FrameWriter.PackMasked(batch, bytes);

        FrameFeed server = new(isServer: true, maxMessageBytes: Largest);
        Assert.Equal(["Text " + Encoding.ASCII.GetString(message)], server.Give(bytes).Outcomes);
    }

    [Fact]
    public void PackMasked_TheSameMessage_HasAnotherKeyEachTime()
    {
        MessageBatch batch = BatchOf([.. Enumerable.Repeat("same"u8.ToArray(), 50)]);
        byte[] bytes = new byte[FrameWriter.MaskedBytes(batch)];

        FrameWriter.PackMasked(batch, bytes);

        Assert.Equal(50, bytes.Chunk(bytes.Length / 50).Select(frame => Convert.ToHexString(frame, 2, 4)).Distinct().Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WriteFrame_AControlFrame_IsReadAsItWas(bool isMasked)
    {
        byte[] payload = [.. Enumerable.Repeat((byte)'p', FrameHeader.MaxControlBytes)];
        byte[] bytes = new byte[FrameWriter.MaxControlFrameBytes];

        int length = FrameWriter.WriteFrame(bytes, Opcode.Ping, payload, isMasked);

        FrameFeed peer = new(isServer: isMasked);
        peer.Give(bytes.AsSpan(0, length));
        Assert.Equal(["Ping " + new string('p', FrameHeader.MaxControlBytes)], peer.Outcomes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WriteClose_CodeAndText_AreWhatTheRfcSays(bool isMasked)
    {
        byte[] bytes = new byte[FrameWriter.MaxControlFrameBytes];
        string longest = new('x', 123);

        int length = FrameWriter.WriteClose(bytes, 4408, longest, isMasked);

        FrameFeed peer = new(isServer: isMasked);
        peer.Give(bytes.AsSpan(0, length));
        Assert.Equal(["Close 4408"], peer.Outcomes);
        if (!isMasked)
        {
            byte[] expected = [0x88, 125, 0x11, 0x38, .. Encoding.ASCII.GetBytes(longest)];
            Assert.Equal(expected, bytes[..length]);
        }
    }

    [Fact]
    public void WriteClose_TextIsTooLong_Throws()
    {
        Assert.Throws<ArgumentException>(() => FrameWriter.WriteClose(new byte[FrameWriter.MaxControlFrameBytes], 1000, new string('x', 124), isMasked: false));
    }

    [Fact]
    public void Pack_SteadyState_AllocatesNothing()
    {
        MessageBatch batch = new();
        byte[] message = new byte[300];
        byte[] masked = new byte[4096];
        long before = 0;
        for (int round = 0; round < 200; round++)
        {
            before = round == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            batch.Clear();
            batch.Add(message);
            batch.Add(message);
            FrameWriter.PackMasked(batch, masked);
            FrameWriter.Pack(batch);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static byte[][] Messages(int[] lengths) =>
        [.. lengths.Select((length, message) => Enumerable.Range(0, length).Select(i => (byte)('a' + ((i + message) % 23))).ToArray())];

    private static MessageBatch BatchOf(params byte[][] messages)
    {
        MessageBatch batch = new();
        foreach (byte[] message in messages)
        {
            batch.Add(message);
        }

        return batch;
    }
}
