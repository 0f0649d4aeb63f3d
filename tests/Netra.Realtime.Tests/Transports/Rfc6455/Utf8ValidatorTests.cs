using System.Buffers;
using System.Text;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>Each case as one frame, cut in every place, and stopped at the byte that no character can have. The judge is <see cref="Rune"/>.</summary>
public sealed class Utf8ValidatorTests
{
    public static TheoryData<string> Valid() => [.. Utf8Samples.Valid];

    public static TheoryData<string> Invalid() => [.. Utf8Samples.Invalid];

    [Fact]
    public void Cases_AreMany()
    {
        Assert.True(Utf8Samples.Valid.Count + Utf8Samples.Invalid.Count >= 140);
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void Text_Valid_IsReadHoweverItIsCut(string hex)
    {
        byte[] text = Convert.FromHexString(hex);
        string expected = "Text " + Encoding.Latin1.GetString(text);
        Assert.Equal(text.Length, ImpossibleAt(text, out bool isComplete));
        Assert.True(isComplete);

        Assert.Equal([expected], FrameFeed.Read(FrameBytes.Of(Opcode.Text, text)));
        Assert.Equal([expected], new FrameFeed(isServer: false).Give(FrameBytes.Of(Opcode.Text, text, isMasked: false)).Outcomes);
        for (int cut = 0; cut <= text.Length; cut++)
        {
            Assert.Equal(
                [expected], FrameFeed.Read(FrameBytes.Of(Opcode.Text, text.AsSpan(0, cut), isFinal: false), FrameBytes.Of(Opcode.Continuation, text.AsSpan(cut))));
        }
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Text_Invalid_IsAViolationHoweverItIsCut(string hex)
    {
        byte[] text = Convert.FromHexString(hex);

        Assert.Equal(["1007"], FrameFeed.Read(FrameBytes.Of(Opcode.Text, text)));
        Assert.Equal(["1007"], new FrameFeed(isServer: false).Give(FrameBytes.Of(Opcode.Text, text, isMasked: false)).Outcomes);
        Assert.Equal(["1007"], new FrameFeed().GiveInSegments(FrameBytes.Of(Opcode.Text, text)).Outcomes);
        for (int cut = 0; cut <= text.Length; cut++)
        {
            Assert.Equal(
                ["1007"], FrameFeed.Read(FrameBytes.Of(Opcode.Text, text.AsSpan(0, cut), isFinal: false), FrameBytes.Of(Opcode.Continuation, text.AsSpan(cut))));
        }
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Text_InvalidInAnUnfinishedFrame_IsAViolationAtTheFirstImpossibleByte(string hex)
    {
        byte[] text = Convert.FromHexString(hex);
        int impossible = ImpossibleAt(text, out _);
        byte[] frame = [.. FrameBytes.Header(Opcode.Text, 1000), .. FrameBytes.Mask(text)];
        int headerBytes = frame.Length - text.Length;

        for (int at = 0; at < text.Length; at++)
        {
            // Up to this byte at once, so that it is met by each way of validating.
            FrameFeed feed = new();
            feed.Give(frame.AsSpan(0, headerBytes + at + 1));
            Assert.Equal(at < impossible ? [] : ["1007"], feed.Outcomes);
        }

        FrameFeed byteByByte = new();
        foreach (byte value in frame.AsSpan(0, headerBytes + impossible))
        {
            byteByByte.Give([value]);
        }

        Assert.Empty(byteByByte.Outcomes);
        if (impossible < text.Length)
        {
            byteByByte.Give([frame[headerBytes + impossible]]);
            Assert.Equal(["1007"], byteByByte.Outcomes);
        }
    }

    [Fact]
    public void Append_CharactersCutInEveryPlace_AreValid()
    {
        Span<byte> bytes = stackalloc byte[4];
        for (int value = 0; value <= 0x10FFFF; value += value < 0x3000 ? 1 : 7)
        {
            if (!Rune.IsValid(value))
            {
                continue;
            }

            int length = new Rune(value).EncodeToUtf8(bytes);
            for (int cut = 1; cut < length; cut++)
            {
                Utf8Validator validator = default;
                bool isValid = validator.TryAppend(bytes[..cut]) && !validator.IsComplete && validator.TryAppend(bytes[cut..length]) && validator.IsComplete;
                Assert.True(isValid, $"U+{value:X4} cut at {cut}");
            }
        }
    }

    [Fact]
    public void Append_EveryThreeBytes_AreJudgedAsTheyAreByRune()
    {
        byte[] second = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe2, 0xf0, 0xff];
        Span<byte> bytes = stackalloc byte[3];
        for (int first = 0; first <= 0xff; first++)
        {
            foreach (byte middle in second)
            {
                for (int last = 0; last <= 0xff; last++)
                {
                    (bytes[0], bytes[1], bytes[2]) = ((byte)first, middle, (byte)last);
                    int impossible = ImpossibleAt(bytes, out bool isComplete);
                    Utf8Validator validator = default;
                    bool isPossible = validator.TryAppend(bytes);

                    if (isPossible != (impossible == 3) || (isPossible && validator.IsComplete != isComplete))
                    {
                        Assert.Fail(Convert.ToHexString(bytes));
                    }
                }
            }
        }
    }

    // The first byte after which nothing can make it text any more; the length where there is none.
    private static int ImpossibleAt(ReadOnlySpan<byte> text, out bool isComplete)
    {
        for (int length = 1; length <= text.Length; length++)
        {
            ReadOnlySpan<byte> rest = text[..length];
            OperationStatus status = OperationStatus.Done;
            while (!rest.IsEmpty && status == OperationStatus.Done)
            {
                status = Rune.DecodeFromUtf8(rest, out _, out int used);
                rest = rest[used..];
            }

            isComplete = status == OperationStatus.Done;
            if (status == OperationStatus.InvalidData)
            {
                return length - 1;
            }

            if (length == text.Length)
            {
                return length;
            }
        }

        isComplete = true;
        return 0;
    }
}
