using System.Globalization;
using System.Text;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>A client's side of a conversation with a SignalR hub that outlives its connections: by its token, and by counting messages.</summary>
/// <remarks>
/// Each side counts the invocations that it sends, and says their number by <c>ack</c> (8) for what it has. On a new connection each says
/// first, by <c>sequence</c> (9), which number its next message has: what is below the last one was here before.
/// </remarks>
internal sealed class HubConversation(string token)
{
    private const byte RecordSeparator = 0x1e;

    private bool _hasBegun;
    private long _next = 1;
    private long _last;

    /// <summary>What a connection of it asks for.</summary>
    public string Query => $"&id={Uri.EscapeDataString(token)}";

    /// <summary>What a connection of it says first: the handshake, or that it sends nothing again.</summary>
    public ReadOnlySpan<byte> Opening => _hasBegun ? "{\"type\":9,\"sequenceId\":1}\u001e"u8 : "{\"protocol\":\"json\",\"version\":2}\u001e"u8;

    /// <summary>Says that it has all that has come.</summary>
    public byte[] Ack => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"type\":8,\"sequenceId\":{_last}}}\u001e"));

    /// <summary>Hands on what has not come before.</summary>
    /// <returns>Whether the hub has greeted the connection: by its first message, or by the number of what follows.</returns>
    public bool Take(ReadOnlySpan<byte> message, LoadClient client, MessageHandler onMessage)
    {
        bool isGreeted = false;
        while (!message.IsEmpty)
        {
            int end = message.IndexOf(RecordSeparator);
            ReadOnlySpan<byte> record = end < 0 ? message : message[..end];
            message = end < 0 ? [] : message[(end + 1)..];
            if (record.StartsWith("{\"type\":9,"u8))
            {
                _next = ReadNumber(record);
                isGreeted = true;
            }
            else if (record.StartsWith("{\"type\":1,"u8) && _next++ > _last)
            {
                _last = _next - 1;
                isGreeted |= !_hasBegun;
                _hasBegun = true;
                onMessage(client, record);
            }
        }

        return isGreeted;
    }

    private static long ReadNumber(ReadOnlySpan<byte> record)
    {
        ReadOnlySpan<byte> name = "\"sequenceId\":"u8;
        int at = record.IndexOf(name);
        return at >= 0 && System.Buffers.Text.Utf8Parser.TryParse(record[(at + name.Length)..], out long number, out _)
            ? number
            : throw new InvalidDataException("A sequence without a number.");
    }
}
