using System.Buffers;
using System.Text;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

/// <summary>Each case as one frame, cut in every place, and stopped at the byte that no character can have. The judge is <see cref="Rune"/>.</summary>
public sealed class Utf8ValidatorTests
{
    private static readonly string[] ValidCases =
    [
        "", "00", "09", "20", "41", "7F", "48656C6C6F", "C3A9",
        "C280", "C2A0", "C3BF", "DFBF", "CEBACF8CCF83CEBCCEB5", "D0B0D0B1", "D7A9D79CD795D79D", "D8B3D984D8A7D985",
        "E0A080", "E0A181", "E0BFBF", "E18080", "E1BFBF", "E282AC", "E29C93", "E2808B", "E2808E", "E280AE", "E38182", "E4BDA0E5A5BD", "EC8080",
        "ECBFBF", "ED8080", "ED9FBF", "EE8080", "EEBFBF", "EFBBBF", "EFBBBF41", "EFBF9D", "EFBFBD", "EFBFBE", "EFBFBF", "EFB790", "EFB7AF",
        "F0908080", "F0908D88", "F09F9880", "F09F91A8E2808DF09F91A9E2808DF09F91A7", "F0BFBFBF", "F1808080", "F1BFBFBF", "F2808080", "F3BFBFBF",
        "F3A08081", "F4808080", "F48FBFBE", "F48FBFBF", "F09FBFBE", "F0AFBFBF",
        "41C3A941", "41E29C9341", "41F09F988041", "C3A9E29C93F09F9880", "F09F9880E29C93C3A9", "F09F9880F09F9880F09F9880F09F9880",
        "2020202020202020202020202020202020202020202020202020202020202020202020C3A9",
        "C3A92020202020202020202020202020202020202020202020202020202020202020202020",
        "202020202020202020202020202020F09F988020202020202020202020202020202020",
        "E29C93E29C93E29C93E29C93E29C93E29C93E29C93E29C93E29C93E29C93E29C93E29C93",
    ];

    private static readonly string[] InvalidCases =
    [
        // Continuation bytes of nothing, and bytes that never occur.
        "80", "81", "8F", "90", "9F", "A0", "BF", "8080", "80BF", "80BF80BF80BF", "4180", "C3A980", "E29C9380", "F09F988080", "FE", "FF", "FEFE", "FFFF",
        "FEFEFFFF", "41FF", "FF41", "F5", "F6", "F7", "F8", "F9", "FA", "FB", "FC", "FD", "F5808080", "F888808080", "FBBFBFBFBF", "FC8480808080", "FDBFBFBFBFBF",

        // Overlong.
        "C0", "C1", "C080", "C0AF", "C1BF", "E080", "E08080", "E080AF", "E09FBF", "F080", "F0808080", "F08080AF", "F08FBFBF", "F8808080AF", "F887BFBFBF",
        "FC80808080AF", "FC83BFBFBFBF", "41C08041",

        // Surrogates, alone and in pairs, and what is beyond the last character.
        "EDA0", "EDA080", "EDADBF", "EDAE80", "EDAFBF", "EDB080", "EDBE80", "EDBFBF", "EDA080EDB080", "EDA081EDB0B7", "EDAFBFEDBFBF", "41EDA08041",
        "F490", "F4908080", "F4BFBFBF", "F7BFBFBF", "F48FBFC0",

        // A character that another byte interrupts.
        "C341", "C3C3", "C3E2", "C3FF", "C320", "DF41", "E241", "E2E2", "E29C41", "E29CC3", "E29C20", "E0A041", "EE8041", "EFBF41", "F041", "F09F41",
        "F09F9841", "F09F98C3", "F09F98F0", "F0908D41", "F1804141", "F48F41", "F09FC3A9", "E2C3A9", "CEBACF8CCF83EDA080CEBC",
        "20202020202020202020202020202020202020202020202020202020202020202020C328",
        "C3282020202020202020202020202020202020202020202020202020202020202020202020",
        "E29C93E29C93E29C93E29C93E29C93E29CE29C93E29C93E29C93E29C93E29C93E29C93",

        // One that ends too early.
        "C2", "C3", "DF", "E0", "E0A0", "E1", "E29C", "ED", "ED9F", "EE80", "EF", "EFBF", "F0", "F090", "F0908D", "F09F98", "F1", "F180", "F18080", "F4", "F48F",
        "F48FBF", "41C3", "41E29C", "41F09F98", "C3A9C3", "F09F9880F09F98",
    ];

    public static TheoryData<string> Valid() => [.. ValidCases];

    public static TheoryData<string> Invalid() => [.. InvalidCases];

    [Fact]
    public void Cases_AreMany()
    {
        Assert.True(ValidCases.Length + InvalidCases.Length >= 140);
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
