using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>A TCP client that writes HTTP and frames itself: what no decent client would send.</summary>
public sealed class RawClient : IDisposable
{
    public const int Text = 1;
    public const int Binary = 2;
    public const int Close = 8;
    public const int Ping = 9;
    public const int Pong = 10;

    /// <summary>The key of RFC 6455 section 1.3.</summary>
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    private readonly Socket _socket;
    private readonly Stream _stream;

    private RawClient(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
    }

    public static async Task<RawClient> ConnectAsync(IPEndPoint address, int? receiveBufferBytes = null)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes is { } bytes)
        {
            socket.ReceiveBufferSize = bytes; // before the connect: it decides the window
        }

        await socket.ConnectAsync(address).OrFail();
        return new RawClient(socket, new NetworkStream(socket, ownsSocket: true));
    }

    /// <summary>Connects by TLS to a server that shows <see cref="TestCertificate"/>.</summary>
    public static async Task<RawClient> ConnectTlsAsync(IPEndPoint address)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address).OrFail();
        SslStream tls = new(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(TestCertificate.ClientOptions, CancellationToken.None).OrFail();
        return new RawClient(socket, tls);
    }

    /// <summary>Connects and opens a WebSocket.</summary>
    public static async Task<RawClient> OpenAsync(RealtimeServer server, string user, int? receiveBufferBytes = null, string query = "")
    {
        RawClient client = await ConnectAsync(server.EndPoint, receiveBufferBytes);
        RawResponse response = await client.HandshakeAsync(server, user, query: query);
        Assert.Equal(101, response.Status);
        return client;
    }

    /// <summary>A handshake as it should be, but for the changes.</summary>
    /// <param name="server">The server.</param>
    /// <param name="user">Who it is from; null: nobody.</param>
    /// <param name="changes">Header lines instead of or beside the usual ones; null leaves one out.</param>
    /// <param name="extra">More lines.</param>
    /// <param name="query">Without the question mark.</param>
    public async Task<RawResponse> HandshakeAsync(
        RealtimeServer server, string? user, Dictionary<string, string?>? changes = null, string extra = "", string query = "")
    {
        Dictionary<string, string?> headers = new(StringComparer.OrdinalIgnoreCase)
        {
            ["Host"] = server.Http.Authority,
            ["Upgrade"] = "websocket",
            ["Connection"] = "Upgrade",
            ["Sec-WebSocket-Key"] = Key,
            ["Sec-WebSocket-Version"] = "13",
            [TestAuthentication.UserHeader] = user,
        };
        foreach ((string name, string? value) in changes ?? [])
        {
            headers[name] = value;
        }

        StringBuilder request = new($"GET /ws{(query.Length > 0 ? "?" + query : "")} HTTP/1.1\r\n");
        foreach ((string name, string? value) in headers)
        {
            if (value is not null)
            {
                request.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
            }
        }

        await WriteAsync(Encoding.Latin1.GetBytes(request.Append(extra).Append("\r\n").ToString()));
        return await ReadResponseAsync();
    }

    public Task WriteAsync(byte[] bytes) => _stream.WriteAsync(bytes).AsTask().OrFail();

    public Task SendAsync(int opcode, byte[] payload, bool isLast = true, bool isMasked = true, int reservedBits = 0) =>
        WriteAsync(Frame(opcode, payload, isLast, isMasked, reservedBits));

    public Task SendAsync(string text) => SendAsync(Text, Encoding.UTF8.GetBytes(text));

    public static byte[] Frame(int opcode, byte[] payload, bool isLast = true, bool isMasked = true, int reservedBits = 0)
    {
        List<byte> frame = [(byte)((isLast ? 0x80 : 0) | (reservedBits << 4) | opcode)];
        int mask = isMasked ? 0x80 : 0;
        if (payload.Length < 126)
        {
            frame.Add((byte)(mask | payload.Length));
        }
        else if (payload.Length <= ushort.MaxValue)
        {
            frame.Add((byte)(mask | 126));
            byte[] length = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)payload.Length);
            frame.AddRange(length);
        }
        else
        {
            frame.Add((byte)(mask | 127));
            byte[] length = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)payload.Length);
            frame.AddRange(length);
        }

        if (!isMasked)
        {
            return [.. frame, .. payload];
        }

        byte[] key = [0x12, 0x34, 0x56, 0x78];
        frame.AddRange(key);
        for (int i = 0; i < payload.Length; i++)
        {
            frame.Add((byte)(payload[i] ^ key[i % 4]));
        }

        return [.. frame];
    }

    /// <summary>The next frame of the server; null at the end, in order or not.</summary>
    public async Task<RawFrame?> ReadFrameAsync()
    {
        try
        {
            byte[] head = await ReadExactlyAsync(2);
            int length = head[1] & 0x7f;
            length = length switch
            {
                126 => BinaryPrimitives.ReadUInt16BigEndian(await ReadExactlyAsync(2)),
                127 => (int)BinaryPrimitives.ReadUInt64BigEndian(await ReadExactlyAsync(8)),
                _ => length,
            };
            return new RawFrame(head[0] & 0x0f, await ReadExactlyAsync(length));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads to the end. The code of the server's close frame; null when the connection ended without one.</summary>
    public async Task<int?> ReadCloseAsync()
    {
        while (await ReadFrameAsync() is { } frame)
        {
            if (frame.Opcode == Close)
            {
                return frame.Payload.Length < 2 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(frame.Payload);
            }
        }

        return null;
    }

    /// <summary>The messages up to the end; a frame that was cut in half is none.</summary>
    public async Task<(IReadOnlyList<ServerMessage> Messages, int? CloseCode)> ReadToEndAsync()
    {
        List<ServerMessage> messages = [];
        while (await ReadFrameAsync() is { } frame)
        {
            if (frame.Opcode == Close)
            {
                return (messages, frame.Payload.Length < 2 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(frame.Payload));
            }

            if (frame.Opcode == Text && ServerMessageReader.Read(frame.Payload) is { } message)
            {
                messages.Add(message);
            }
        }

        return (messages, null);
    }

    /// <summary>Whether nothing comes but the end of the stream, and that is no reset.</summary>
    public async Task<bool> IsAtCleanEndAsync()
    {
        try
        {
            return await _stream.ReadAsync(new byte[1]).OrFail() == 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>When the connection is reset, seen without reading what has come before.</summary>
    public async Task WhenResetAsync()
    {
        using PeriodicTimer again = new(TimeSpan.FromMilliseconds(50)); // a socket tells it only when it is used
        using CancellationTokenSource net = new(TestTimeout.Net);
        try
        {
            while (await again.WaitForNextTickAsync(net.Token))
            {
                await _stream.WriteAsync(new byte[1], net.Token);
            }
        }
        catch (IOException)
        {
            // What was waited for.
        }
    }

    /// <summary>Whether the server has ended the connection, with what it still had to say thrown away.</summary>
    public async Task WhenEndedAsync()
    {
        byte[] discarded = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(discarded).OrFail() > 0)
            {
            }
        }
        catch (IOException)
        {
            // A reset is an end.
        }
    }

    public void Dispose() => _stream.Dispose();

    public async Task<RawResponse> ReadResponseAsync()
    {
        StringBuilder head = new();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append((char)(await ReadExactlyAsync(1))[0]);
        }

        string[] lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines.Skip(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return new RawResponse(int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), headers);
    }

    public async Task<byte[]> ReadExactlyAsync(int count)
    {
        byte[] bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes).OrFail();
        return bytes;
    }
}

public sealed record RawFrame(int Opcode, byte[] Payload);

public sealed record RawResponse(int Status, IReadOnlyDictionary<string, string> Headers)
{
    public string? this[string header] => Headers.GetValueOrDefault(header);
}
