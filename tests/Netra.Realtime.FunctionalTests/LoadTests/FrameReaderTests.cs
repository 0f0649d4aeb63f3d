using System.Buffers.Binary;
using System.Text;
using Netra.Realtime.LoadTests.Driving;

namespace Netra.Realtime.FunctionalTests.LoadTests;

public sealed class FrameReaderTests : IMessageSink
{
    private readonly List<string> _seen = [];

    [Fact]
    public void Feed_SplitAnywhere_GivesTheSameMessages()
    {
        byte[] stream =
        [
            .. Frame(0x81, "one"), .. Frame(0x89, "ping"), .. Frame(0x01, "a-"), .. Frame(0x00, "b-"), .. Frame(0x8A, ""), .. Frame(0x80, "c"),
            .. Frame(0x81, new string('m', 200)), .. Frame(0x88, "\u0003\u0003"),
        ];
        for (int split = 0; split <= stream.Length; split++)
        {
            _seen.Clear();
            FrameReader reader = new(this);
            reader.Feed(stream.AsSpan(0, split));
            reader.Feed(stream.AsSpan(split));

            Assert.Equal(["one", "ping ping", "a-b-c", new string('m', 200), "close 771"], _seen);
        }
    }

    [Fact]
    public void Feed_ByteByByte_GivesEveryLengthForm()
    {
        string[] messages = [new string('s', 125), new string('m', 126), new string('m', 65_535), new string('l', 65_536)];
        FrameReader reader = new(this);
        foreach (byte one in messages[..2].SelectMany(message => Frame(0x81, message)))
        {
            reader.Feed([one]);
        }

        foreach (byte[] piece in messages[2..].SelectMany(message => Frame(0x81, message)).Chunk(1_000))
        {
            reader.Feed(piece);
        }

        Assert.Equal(messages, _seen);
    }

    [Theory]
    [InlineData(0x81, 0x80)] // masked
    [InlineData(0xC1, 0x00)] // compressed, which nobody offered
    [InlineData(0x80, 0x00)] // continues nothing
    [InlineData(0x82, 0x00)] // binary
    public void Feed_NoFrameOfAServer_Throws(byte first, byte second) =>
        Assert.Throws<InvalidDataException>(() => new FrameReader(this).Feed([first, second, 0, 0, 0, 0]));

    void IMessageSink.OnText(ReadOnlySpan<byte> message) => _seen.Add(Encoding.UTF8.GetString(message));

    void IMessageSink.OnPing(ReadOnlySpan<byte> payload) => _seen.Add($"ping {Encoding.UTF8.GetString(payload)}");

    void IMessageSink.OnClose(int code) => _seen.Add($"close {code}");

    private static byte[] Frame(byte first, string text)
    {
        byte[] payload = Encoding.UTF8.GetBytes(text);
        byte[] length = new byte[payload.Length < 126 ? 1 : payload.Length <= ushort.MaxValue ? 3 : 9];
        length[0] = length.Length switch { 1 => (byte)payload.Length, 3 => 126, _ => 127 };
        if (length.Length == 3)
        {
            BinaryPrimitives.WriteUInt16BigEndian(length.AsSpan(1), (ushort)payload.Length);
        }
        else if (length.Length == 9)
        {
            BinaryPrimitives.WriteInt64BigEndian(length.AsSpan(1), payload.Length);
        }

        return [first, .. length, .. payload];
    }
}
