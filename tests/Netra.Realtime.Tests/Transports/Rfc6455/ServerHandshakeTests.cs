using System.Text;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

public sealed class ServerHandshakeTests
{
    public static TheoryData<string> Names() => [.. HeadSamples.All.Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Answer_EachRequest_IsWhatBelongsToIt(string name)
    {
        (_, string request, int status) = HeadSamples.All.Single(sample => sample.Name == name);

        Assert.Equal(status, new HeadFeed().Give(Encoding.Latin1.GetBytes(request)).AnswerStatus());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Answer_EachRequestHoweverItIsCut_IsTheSame(string name)
    {
        (_, string request, int status) = HeadSamples.All.Single(sample => sample.Name == name);
        byte[] bytes = Encoding.Latin1.GetBytes(request);
        string whole = new HeadFeed().Give(bytes).Outcome();
        int step = Math.Max(1, bytes.Length / 300);

        for (int split = 0; split <= bytes.Length; split += step)
        {
            HeadFeed feed = new HeadFeed().Give(bytes.AsSpan(0, split)).Give(bytes.AsSpan(split));
            Assert.Equal((whole, status), (feed.Status == HttpHeadStatus.Complete ? feed.Outcome() : whole, feed.AnswerStatus()));
        }

        HeadFeed byteByByte = new();
        for (int i = 0; i < bytes.Length && byteByByte.Status == HttpHeadStatus.Incomplete; i++)
        {
            byteByByte.Give(bytes.AsSpan(i, 1));
        }

        Assert.Equal(status, byteByByte.AnswerStatus());
    }

    [Fact]
    public void Answer_TheExampleOfTheRfc_IsItsAccept()
    {
        HandshakeAnswer answer = Answer(HeadSamples.Request());

        Assert.Equal(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            Encoding.ASCII.GetString(answer.Bytes));
    }

    [Fact]
    public void Answer_AnotherVersion_SaysWhichIsSpoken()
    {
        string answer = Encoding.ASCII.GetString(Answer(HeadSamples.Request(version: "8")).Bytes);

        Assert.StartsWith("HTTP/1.1 426 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nSec-WebSocket-Version: 13\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("Sec-WebSocket-Protocol: other\r\n", null)]
    [InlineData("Sec-WebSocket-Protocol: other, two, one\r\n", "two")]
    [InlineData("Sec-WebSocket-Protocol: other\r\nSec-WebSocket-Protocol: one\r\n", "one")]
    [InlineData("Sec-WebSocket-Protocol: TWO\r\n", null)]
    public void Answer_Subprotocols_TheFirstOfferedThatIsSpokenIsAgreedOn(string fields, string? expected)
    {
        HandshakeAnswer answer = Answer(HeadSamples.Request(extra: fields), "one", "two");

        Assert.Equal((101, expected), (answer.Status, answer.Subprotocol));
        string text = Encoding.ASCII.GetString(answer.Bytes);
        Assert.Equal(expected is not null, text.Contains($"\r\nSec-WebSocket-Protocol: {expected}\r\n", StringComparison.Ordinal));
        Assert.DoesNotContain("Extensions", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhatFollowsTheHead_IsLeft()
    {
        HeadFeed feed = new HeadFeed().Give([.. Encoding.ASCII.GetBytes(HeadSamples.Request()), .. FrameBytes.Of(Opcode.Text, "early"u8)]);

        Assert.True(feed.Rest.SequenceEqual(FrameBytes.Of(Opcode.Text, "early"u8)));
    }

    [Fact]
    public void Read_ALineThatNeverEnds_IsTooLargeAtItsByteAndTakesBoundedMemory()
    {
        HttpHeadReader reader = new(16 * 1024, 100);
        byte[] line = new byte[16 * 1024];
        Array.Fill(line, (byte)'x');
        System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(HttpHeadReader).TypeHandle); // its tables are no line's
        long before = GC.GetAllocatedBytesForCurrentThread();
        HttpHeadStatus status = HttpHeadStatus.Incomplete;
        int bytes = 0;
        while (status == HttpHeadStatus.Incomplete)
        {
            System.Buffers.ReadOnlySequence<byte> unread = new(line, 0, ++bytes);
            status = reader.Read(ref unread, out _);
        }

        Assert.Equal((HttpHeadStatus.TooLarge, 16 * 1024), (status, bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
    }

    [Fact]
    public void Read_FieldsWithoutEnd_AreTooManyAtOnceAndTakeBoundedMemory()
    {
        HttpHeadReader reader = new(16 * 1024, 100);
        byte[] field = "X: y\r\n"u8.ToArray();
        System.Buffers.ReadOnlySequence<byte> unread = new("GET /ws HTTP/1.1\r\n"u8.ToArray());
        HttpHeadStatus status = reader.Read(ref unread, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int fields = 0;
        while (status == HttpHeadStatus.Incomplete)
        {
            unread = new(field);
            status = reader.Read(ref unread, out _);
            fields++;
        }

        Assert.Equal((HttpHeadStatus.TooLarge, 101), (status, fields));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    }

    [Fact]
    public void Read_ChangedSamples_AreReadTheSameHoweverTheyAreCut()
    {
        Random random = new(6455);
        int complete = 0;
        for (int round = 0; round < TestSupport.LongTests.Times(2_000, 500_000); round++)
        {
            byte[] bytes = Mutation.Of(random, HeadSamples.Bytes);
            HeadFeed whole = new HeadFeed().Give(bytes);

            HeadFeed inPieces = new();
            for (int at = 0, length; at < bytes.Length; at += length)
            {
                length = random.Next(1, Math.Min(bytes.Length - at, 200) + 1);
                inPieces.Give(bytes.AsSpan(at, length));
            }

            complete += whole.Status == HttpHeadStatus.Complete ? 1 : 0;
            if (whole.Outcome() != inPieces.Outcome() || whole.AnswerStatus() != inPieces.AnswerStatus())
            {
                Assert.Fail($"round {round}: {Encoding.Latin1.GetString(bytes)}");
            }
        }

        Assert.NotEqual(0, complete);
    }

    private static HandshakeAnswer Answer(string request, params string[] subprotocols) =>
        ServerHandshake.Answer(new HeadFeed().Give(Encoding.Latin1.GetBytes(request)).Head!, subprotocols);
}
