using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Conformance;

/// <summary>One case on one connection.</summary>
internal static class ConformanceClient
{
    private static readonly byte[] Close = RawClient.Frame(RawClient.Close, [0x03, 0xe8]);

    /// <summary>Runs a case, and reads until the server has ended the connection.</summary>
    /// <param name="server">Where the echo is.</param>
    /// <param name="sent">What is sent.</param>
    /// <param name="pieceBytes">In how large pieces.</param>
    /// <param name="closes">Whether a close follows what is sent.</param>
    public static async Task<List<string>> RunAsync(IPEndPoint server, byte[] sent, int pieceBytes, bool closes)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server).OrFail();
        await using BufferedStream stream = new(new NetworkStream(socket), 64 * 1024);
        await HandshakeAsync(socket, stream, server);

        Task send = SendAsync(socket, closes ? [.. sent, .. Close] : sent, pieceBytes);
        List<string> outcomes = [];
        while (await ReadAsync(stream) is { } outcome)
        {
            outcomes.Add(outcome);
            if (!closes && outcome.StartsWith("close:", StringComparison.Ordinal))
            {
                await send;
                await SendAsync(socket, Close, Close.Length);
            }
        }

        await send;
        return outcomes;
    }

    private static async Task HandshakeAsync(Socket socket, Stream stream, IPEndPoint server)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /echo HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {RawClient.Key}\r\nSec-WebSocket-Version: 13\r\n\r\n")).OrFail();
        StringBuilder head = new();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append((char)(await ReadExactlyAsync(stream, 1))[0]);
        }

        Assert.StartsWith("HTTP/1.1 101 ", head.ToString(), StringComparison.Ordinal);
    }

    private static async Task SendAsync(Socket socket, byte[] bytes, int pieceBytes)
    {
        try
        {
            for (int at = 0; at < bytes.Length; at += pieceBytes)
            {
                ReadOnlyMemory<byte> piece = bytes.AsMemory(at, Math.Min(pieceBytes, bytes.Length - at));
                while (!piece.IsEmpty)
                {
                    piece = piece[await socket.SendAsync(piece).OrFail()..];
                }
            }
        }
        catch (SocketException)
        {
            // The server has ended the connection: what it said before is what counts.
        }
    }

    // The next frame, judged as a client has to; null at the end.
    private static async Task<string?> ReadAsync(Stream stream)
    {
        byte[] head = new byte[2];
        try
        {
            if (await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false).OrFail() < head.Length)
            {
                return null;
            }

            if (head[0] is < 0x80 or > 0x8f || head[1] > 127)
            {
                return $"a frame that begins with {Convert.ToHexString(head)}"; // not the last, with reserved bits, or masked
            }

            (long Bytes, long Least) length = head[1] switch
            {
                126 => (BinaryPrimitives.ReadUInt16BigEndian(await ReadExactlyAsync(stream, 2)), 126L),
                127 => (BinaryPrimitives.ReadInt64BigEndian(await ReadExactlyAsync(stream, 8)), 65_536L),
                _ => (head[1], 0L),
            };
            return length.Bytes < length.Least
                ? $"a length of {length.Bytes} in a longer form"
                : Judge(head[0] & 0x0f, await ReadExactlyAsync(stream, (int)length.Bytes));
        }
        catch (IOException e)
        {
            return e is EndOfStreamException ? "the end inside a frame" : "a reset";
        }
    }

    private static string Judge(int opcode, byte[] payload) => opcode switch
    {
        RawClient.Text => Outcome.OfText(payload),
        RawClient.Binary => Outcome.OfBinary(payload),
        RawClient.Close => payload.Length < 2 ? "close:" : $"close:{BinaryPrimitives.ReadUInt16BigEndian(payload)}",
        RawClient.Ping => "ping:" + Outcome.Show(payload),
        RawClient.Pong => "pong:" + Outcome.Show(payload),
        _ => $"opcode {opcode}",
    };

    private static async Task<byte[]> ReadExactlyAsync(Stream stream, int count)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes).OrFail();
        return bytes;
    }
}
