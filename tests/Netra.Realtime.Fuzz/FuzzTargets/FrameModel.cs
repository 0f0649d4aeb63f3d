using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Fuzz.FuzzTargets;

/// <summary>RFC 6455 sections 5 to 7 written down once more, plainly: all bytes are there, nothing is incremental, nothing is fast.</summary>
internal static class FrameModel
{
    private const int Protocol = 1002;

    /// <summary>What comes out of the bytes, in the words of <see cref="Describe(Opcode, byte[], int)"/>.</summary>
    public static List<string> Read(ReadOnlySpan<byte> bytes, FrameSettings settings)
    {
        List<string> outcomes = [];
        List<byte> message = [];
        int kind = 0;
        int fragments = 0;
        while (!bytes.IsEmpty)
        {
            int opcode = bytes[0] & 0x0F;
            bool isFinal = bytes[0] >= 0x80;
            if ((bytes[0] & 0x70) != 0 || opcode is not (0 or 1 or 2 or 8 or 9 or 10) || (opcode >= 8 && !isFinal))
            {
                return Violated(outcomes, Protocol);
            }

            if (bytes.Length < 2)
            {
                break;
            }

            int shortLength = bytes[1] & 0x7F;
            if (bytes[1] >= 0x80 != settings.IsServer || (opcode >= 8 && shortLength > 125))
            {
                return Violated(outcomes, Protocol);
            }

            int lengthBytes = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0;
            int headerBytes = 2 + lengthBytes + (settings.IsServer ? 4 : 0);
            if (bytes.Length < headerBytes)
            {
                break;
            }

            ulong length = lengthBytes switch
            {
                2 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
                8 => BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
                _ => (ulong)shortLength,
            };
            if ((lengthBytes == 2 && length < 126) || (lengthBytes == 8 && length is < 65_536 or > long.MaxValue))
            {
                return Violated(outcomes, Protocol);
            }

            int violation = opcode >= 8 ? 0
                : opcode == 0 != fragments > 0 ? Protocol
                : fragments == settings.MaxFragments ? 1008
                : length > (ulong)(settings.MaxMessageBytes - message.Count) ? 1009 : 0;
            if (violation != 0)
            {
                return Violated(outcomes, violation);
            }

            bool isWhole = (ulong)(bytes.Length - headerBytes) >= length;
            byte[] payload = bytes[headerBytes..(isWhole ? headerBytes + (int)length : bytes.Length)].ToArray();
            for (int i = 0; settings.IsServer && i < payload.Length; i++)
            {
                payload[i] ^= bytes[headerBytes - 4 + (i % 4)];
            }

            bytes = bytes[(headerBytes + payload.Length)..];
            if (opcode >= 8)
            {
                if (!isWhole)
                {
                    break;
                }

                int code = opcode == 8 ? CloseCode(payload) : 0;
                if (code < 0)
                {
                    return Violated(outcomes, Protocol);
                }

                outcomes.Add(Describe((Opcode)opcode, payload, code));
                continue;
            }

            kind = fragments == 0 ? opcode : kind;
            fragments++;
            message.AddRange(payload);
            bool isEnd = isWhole && isFinal;
            if (kind == 1 && !IsText([.. message], isEnd))
            {
                return Violated(outcomes, 1007);
            }

            if (isEnd)
            {
                outcomes.Add(Describe((Opcode)kind, [.. message], 0));
                message.Clear();
                fragments = 0;
            }
        }

        return outcomes;
    }

    public static string Describe(Opcode opcode, byte[] payload, int closeCode) =>
        string.Create(CultureInfo.InvariantCulture, $"{opcode} {closeCode} {Convert.ToHexString(payload)}");

    public static string Describe(CloseReason violation) => Violation(violation.Code);

    private static List<string> Violated(List<string> outcomes, int code)
    {
        outcomes.Add(Violation(code));
        return outcomes;
    }

    private static string Violation(int code) => string.Create(CultureInfo.InvariantCulture, $"violation {code}");

    // Whether it is text, or could become text if more came.
    private static bool IsText(ReadOnlySpan<byte> bytes, bool isEnd)
    {
        while (!bytes.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out _, out int used);
            if (status != OperationStatus.Done)
            {
                return status == OperationStatus.NeedMoreData && !isEnd;
            }

            bytes = bytes[used..];
        }

        return true;
    }

    // Section 7.4 and the codes registered since. -1: no close frame carries that.
    private static int CloseCode(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return 1005;
        }

        int code = payload.Length == 1 ? 0 : (payload[0] << 8) | payload[1];
        bool isCode = code is 1000 or 1001 or 1002 or 1003 or 1007 or 1008 or 1009 or 1010 or 1011 or 1012 or 1013 or 1014 or (>= 3000 and < 5000);
        return isCode && Utf8.IsValid(payload[2..]) ? code : -1;
    }
}
