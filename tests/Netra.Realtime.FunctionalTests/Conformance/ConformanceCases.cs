using System.Text;
using Netra.Realtime.TestSupport;
using static Netra.Realtime.FunctionalTests.Fixtures.RawClient;

namespace Netra.Realtime.FunctionalTests.Conformance;

/// <summary>RFC 6455 sections 5 to 8, rule by rule, as a client can try them.</summary>
internal static class ConformanceCases
{
    private const int Continuation = 0;
    private const int Largest = 16 * 1024 * 1024;

    private static readonly int[] Known = [Continuation, Text, Binary, Close, Ping, Pong];

    public static IReadOnlyDictionary<string, IEnumerable<ConformanceCase>> Sections { get; } = new Dictionary<string, IEnumerable<ConformanceCase>>(StringComparer.Ordinal)
    {
        ["lengths"] = Lengths(),
        ["length forms"] = LengthForms(),
        ["masks"] = Masks(),
        ["reserved bits"] = ReservedBits(),
        ["opcodes"] = Opcodes(),
        ["pings and pongs"] = PingsAndPongs(),
        ["fragments"] = Fragments(),
        ["UTF-8, valid"] = ValidText(),
        ["UTF-8, invalid"] = InvalidText(),
        ["closes"] = Closes(),
        ["close codes"] = CloseCodes(),
        ["large messages"] = LargeMessages(),
        ["many messages"] = ManyMessages(),
    };

    // Sections 5.2 and 5.6: each way of writing a length.
    private static IEnumerable<ConformanceCase> Lengths()
    {
        foreach (int length in new[] { 0, 1, 124, 125, 126, 127, 128, 65_535, 65_536 })
        {
            yield return new($"text of {length}", Frame(Text, Letters(length)), Outcome.OfText(Letters(length))) { PieceBytes = length > 1000 ? 997 : 1 };
            byte[] bytes = Bytes(length);
            yield return new($"binary of {length}", Frame(Binary, bytes), Outcome.OfBinary(bytes)) { PieceBytes = length > 1000 ? 997 : 1 };
        }
    }

    // Section 5.2: as short as possible, and no top bit. Above the limit: before any of it has come.
    private static IEnumerable<ConformanceCase> LengthForms()
    {
        yield return new("0 in 16 bits", Header(126, 0), "close:1002");
        yield return new("125 in 16 bits", Header(126, 125), "close:1002");
        yield return new("125 in 64 bits", Header(127, 125), "close:1002");
        yield return new("126 in 64 bits", Header(127, 126), "close:1002");
        yield return new("65,535 in 64 bits", Header(127, 65_535), "close:1002");
        yield return new("the top bit", Header(127, 1UL << 63), "close:1002");
        yield return new("all bits", Header(127, ulong.MaxValue), "close:1002");
        yield return new("2^63 - 1", Header(127, long.MaxValue), "close:1009");
        yield return new("2^31", Header(127, 1UL << 31), "close:1009");
        yield return new("one above the limit", Header(127, Largest + 1), "close:1009");
        yield return new("one above the limit in fragments", [.. Frame(Text, "x"u8.ToArray(), isLast: false), .. Header(127, Largest, opcode: 0)], "close:1009");
    }

    // Sections 5.1 and 5.3.
    private static IEnumerable<ConformanceCase> Masks()
    {
        foreach (int opcode in Known)
        {
            yield return new($"opcode {opcode} unmasked", Frame(opcode, "x"u8.ToArray(), isMasked: false), "close:1002");
        }

        yield return new("unmasked behind masked", [.. Frame(Text, "one"u8.ToArray()), .. Frame(Text, "two"u8.ToArray(), isMasked: false)], "text:one", "close:1002");
        yield return new(
            "unmasked inside a message", [.. Frame(Text, "one"u8.ToArray(), isLast: false), .. Frame(Continuation, "two"u8.ToArray(), isMasked: false)], "close:1002");
        yield return new("a key of zeros", [0x81, 0x82, 0, 0, 0, 0, (byte)'o', (byte)'k'], "text:ok");
        yield return new("a key of ones", [0x81, 0x82, 0xff, 0xff, 0xff, 0xff, 'o' ^ 0xff, 'k' ^ 0xff], "text:ok");
    }

    // Section 5.2: no extension was agreed on.
    private static IEnumerable<ConformanceCase> ReservedBits()
    {
        for (int bits = 1; bits < 8; bits++)
        {
            foreach (int opcode in Known)
            {
                yield return new($"bits {bits} of opcode {opcode}", Frame(opcode, [], reservedBits: bits), "close:1002");
            }

            yield return new(
                $"bits {bits} behind a message and a ping",
                [.. Frame(Text, "one"u8.ToArray()), .. Frame(Ping, "p"u8.ToArray()), .. Frame(Text, "two"u8.ToArray(), reservedBits: bits)],
                "text:one", "pong:p", "close:1002");
            yield return new(
                $"bits {bits} on a continuation",
                [.. Frame(Text, "one"u8.ToArray(), isLast: false), .. Frame(Continuation, "two"u8.ToArray(), reservedBits: bits)], "close:1002");
        }
    }

    // Section 5.2: 3 to 7 and 11 to 15 are nobody's.
    private static IEnumerable<ConformanceCase> Opcodes()
    {
        for (int opcode = 0; opcode < 16; opcode++)
        {
            if (Known.Contains(opcode))
            {
                continue;
            }

            foreach (bool isLast in new[] { true, false })
            {
                yield return new($"opcode {opcode}, empty", Frame(opcode, [], isLast), "close:1002");
                yield return new(
                    $"opcode {opcode} behind a message", [.. Frame(Text, "one"u8.ToArray()), .. Frame(opcode, "two"u8.ToArray(), isLast)], "text:one", "close:1002");
            }
        }
    }

    // Section 5.5.
    private static IEnumerable<ConformanceCase> PingsAndPongs()
    {
        foreach (int length in new[] { 0, 1, 124, 125 })
        {
            yield return new($"a ping of {length}", Frame(Ping, Letters(length)), "pong:" + Encoding.ASCII.GetString(Letters(length)));
        }

        yield return new("a ping of bytes", Frame(Ping, [0, 0xff, 0xfe]), "pong:\0\u00ff\u00fe");
        yield return new("ten pings", Join(Enumerable.Range(0, 10).Select(i => Frame(Ping, [(byte)('0' + i)]))), [.. Enumerable.Range(0, 10).Select(i => $"pong:{i}")]);
        yield return new("a pong of nothing", [.. Frame(Pong, []), .. Frame(Ping, "p"u8.ToArray())], "pong:p");
        yield return new("a pong nobody asked for", [.. Frame(Pong, "unasked"u8.ToArray()), .. Frame(Text, "ok"u8.ToArray())], "text:ok");
        foreach (int opcode in new[] { Close, Ping, Pong })
        {
            yield return new($"opcode {opcode} of 126", Frame(opcode, new byte[126]), "close:1002");
            yield return new($"opcode {opcode} of 65,536", Frame(opcode, new byte[65_536]), "close:1002") { PieceBytes = 997 };
            yield return new($"opcode {opcode} in fragments", Frame(opcode, [], isLast: false), "close:1002");
        }
    }

    // Section 5.4.
    private static IEnumerable<ConformanceCase> Fragments()
    {
        byte[] ping = Frame(Ping, "p"u8.ToArray());
        foreach (int opcode in new[] { Text, Binary })
        {
            string kind = opcode == Text ? "text:" : "binary:";
            byte[] begin = Frame(opcode, "one "u8.ToArray(), isLast: false);
            byte[] middle = Frame(Continuation, "two "u8.ToArray(), isLast: false);
            byte[] end = Frame(Continuation, "three"u8.ToArray());
            yield return new(kind + "two fragments", [.. begin, .. end], kind + "one three");
            yield return new(kind + "three with pings between", [.. begin, .. ping, .. middle, .. ping, .. end], "pong:p", "pong:p", kind + "one two three");
            yield return new(kind + "a pong between", [.. begin, .. Frame(Pong, []), .. end], kind + "one three");
            yield return new(kind + "empty ones", [.. Frame(opcode, [], isLast: false), .. Frame(Continuation, [], isLast: false), .. Frame(Continuation, [])], kind);
            yield return new(kind + "empty around some", [.. Frame(opcode, [], isLast: false), .. middle, .. Frame(Continuation, [])], kind + "two ");
            yield return new(kind + "two messages", [.. begin, .. end, .. begin, .. end], kind + "one three", kind + "one three");
            yield return new(kind + "continued by nothing", [.. begin, .. end, .. end], kind + "one three", "close:1002");
            foreach (int other in new[] { Text, Binary })
            {
                yield return new(kind + $"opcode {other} inside", [.. begin, .. Frame(other, "x"u8.ToArray())], "close:1002");
                yield return new(kind + $"opcode {other} begins inside", [.. begin, .. ping, .. Frame(other, "x"u8.ToArray(), isLast: false)], "pong:p", "close:1002");
            }

            yield return new(kind + "a close inside", [.. begin, .. Frame(Close, [0x03, 0xe8]), .. end], "close:1000");
            yield return new(kind + "a bad close inside", [.. begin, .. Frame(Close, [0x03, 0xed])], "close:1002");
        }

        yield return new("a continuation first", Frame(Continuation, "x"u8.ToArray()), "close:1002");
        yield return new("a continuation first that is not the last", Frame(Continuation, "x"u8.ToArray(), isLast: false), "close:1002");
        yield return new("a continuation behind a message", [.. Frame(Text, "one"u8.ToArray()), .. Frame(Continuation, [])], "text:one", "close:1002");
        yield return new(
            "a thousand of one byte", [.. Frame(Text, [], isLast: false), .. Join(Enumerable.Repeat(Frame(Continuation, "x"u8.ToArray(), isLast: false), 1_000)), .. Frame(Continuation, [])],
            Outcome.OfText(Encoding.ASCII.GetBytes(new string('x', 1_000))))
        { PieceBytes = 10 };
        yield return new(
            "a thousand of nothing", [.. Frame(Text, [], isLast: false), .. Join(Enumerable.Repeat(Frame(Continuation, [], isLast: false), 1_000)), .. Frame(Continuation, "x"u8.ToArray())],
            "text:x")
        { PieceBytes = 10, NeedsOwnFraming = true };
    }

    // Sections 5.6 and 8.1.
    private static IEnumerable<ConformanceCase> ValidText()
    {
        foreach (string hex in Utf8Samples.Valid)
        {
            byte[] text = Convert.FromHexString(hex);
            yield return new(hex, Frame(Text, text), Outcome.OfText(text));
            yield return new(hex + " in fragments of one byte", OneByOne(text), Outcome.OfText(text)) { PieceBytes = 7 };
        }
    }

    private static IEnumerable<ConformanceCase> InvalidText()
    {
        foreach (string hex in Utf8Samples.Invalid)
        {
            byte[] text = Convert.FromHexString(hex);
            yield return new(hex, Frame(Text, text), "close:1007");
            yield return new(hex + " in fragments of one byte", OneByOne(text), "close:1007") { PieceBytes = 7 };
            yield return new(hex + " as binary", Frame(Binary, text), Outcome.OfBinary(text));
        }

        // Answered before the frame ends, which it never does.
        foreach (string hex in new[] { "FF", "C0", "C328", "E29C28", "F09F9828", "EDA080", "F4908080", "4142FF", "CEBAE1BDB9CF83CEBCCEB5F4908080" })
        {
            byte[] frame = Frame(Text, [.. Convert.FromHexString(hex), .. new byte[100]]);
            yield return new(hex + " in a frame that does not end", frame[..^100], "close:1007");
            yield return new(
                hex + " in a fragment that does not end", [.. Frame(Text, "x"u8.ToArray(), isLast: false), .. Frame(Continuation, [.. Convert.FromHexString(hex), .. new byte[100]])[..^100]],
                "close:1007");
        }
    }

    // Sections 5.5.1 and 7.1.
    private static IEnumerable<ConformanceCase> Closes()
    {
        byte[] close = Frame(Close, [0x03, 0xe8, .. "bye"u8]);
        yield return new("without a code", Frame(Close, []), "close:1000");
        yield return new("with half a code", Frame(Close, [3]), "close:1002");
        yield return new("with a code", Frame(Close, [0x03, 0xe8]), "close:1000");
        yield return new("with a text", close, "close:1000");
        yield return new("with the longest text", Frame(Close, [0x03, 0xe8, .. Letters(123)]), "close:1000");
        yield return new("with a text that is too long", Frame(Close, [0x03, 0xe8, .. Letters(124)]), "close:1002");
        yield return new("with a text that is no UTF-8", Frame(Close, [0x03, 0xe8, 0xce, 0xba, 0xed, 0xa0, 0x80]), "close:1002");
        yield return new("with a text that is cut", Frame(Close, [0x03, 0xe8, 0xe2, 0x9c]), "close:1002");
        yield return new("twice", [.. close, .. close], "close:1000");
        yield return new("behind a message", [.. Frame(Text, "one"u8.ToArray()), .. close], "text:one", "close:1000");
        yield return new("before a message", [.. close, .. Frame(Text, "late"u8.ToArray())], "close:1000");
        yield return new("before a ping", [.. close, .. Frame(Ping, "late"u8.ToArray())], "close:1000");
        yield return new("before nonsense", [.. close, 0xff, 0xff, 0xff, 0xff], "close:1000");
    }

    // Section 7.4 and what was registered since.
    private static IEnumerable<ConformanceCase> CloseCodes()
    {
        int[] codes =
        [
            0, 1, 999, .. Enumerable.Range(1000, 17), 1100, 1999, 2000, 2001, 2999, 3000, 3001, 3999, 4000, 4001, 4999, 5000, 5001, 32_768, 65_535,
        ];
        foreach (int code in codes)
        {
            bool isLegal = code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);
            foreach (byte[] reason in new byte[][] { [], [.. "why"u8] })
            {
                yield return new($"{code} with a text of {reason.Length}", Frame(Close, [(byte)(code >> 8), (byte)code, .. reason]), isLegal ? "close:1000" : "close:1002");
            }
        }
    }

    private static IEnumerable<ConformanceCase> LargeMessages()
    {
        foreach (int length in new[] { 1024 * 1024, Largest })
        {
            yield return new($"text of {length}", Frame(Text, Letters(length)), Outcome.OfText(Letters(length))) { PieceBytes = 100_003 };
            yield return new($"binary of {length}", Frame(Binary, Bytes(length)), Outcome.OfBinary(Bytes(length))) { PieceBytes = 100_003 };
        }

        foreach ((int length, int fragmentBytes) in new[] { (1024 * 1024, 64), (1024 * 1024, 4096), (Largest, 65_536), (Largest, 1024 * 1024) })
        {
            byte[] text = Letters(length);
            byte[][] parts = [.. text.Chunk(fragmentBytes)];
            byte[] frames = Join(parts.Select((part, i) => Frame(i == 0 ? Text : Continuation, part, isLast: i == parts.Length - 1)));
            yield return new($"text of {length} in fragments of {fragmentBytes}", frames, Outcome.OfText(text)) { PieceBytes = 100_003 };
        }
    }

    private static IEnumerable<ConformanceCase> ManyMessages()
    {
        foreach (int length in new[] { 0, 16, 64, 256, 1024, 4096 })
        {
            foreach ((int opcode, string outcome) in new[] { (Text, Outcome.OfText(Letters(length))), (Binary, Outcome.OfBinary(Letters(length))) })
            {
                yield return new(
                    $"a thousand of {length}, opcode {opcode}", Join(Enumerable.Repeat(Frame(opcode, Letters(length)), 1_000)), [.. Enumerable.Repeat(outcome, 1_000)])
                {
                    PieceBytes = 1_009,
                };
            }
        }
    }

    private static byte[] Letters(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)('a' + (i % 23)))];

    private static byte[] Bytes(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];

    private static byte[] Join(IEnumerable<byte[]> frames) => [.. frames.SelectMany(frame => frame)];

    private static byte[] OneByOne(byte[] text) =>
        [.. Frame(Text, [], isLast: false), .. Join(text.Select(b => Frame(Continuation, [b], isLast: false))), .. Frame(Continuation, [])];

    // Only the header: what it says is wrong, whatever follows.
    private static byte[] Header(int form, ulong length, int opcode = Text)
    {
        byte[] bytes = BitConverter.GetBytes(System.Net.IPAddress.HostToNetworkOrder((long)length));
        return [(byte)(0x80 | opcode), (byte)(0x80 | form), .. form == 126 ? bytes[6..] : bytes, 1, 2, 3, 4];
    }
}
