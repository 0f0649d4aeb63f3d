using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>One user's connection: the upgrade by hand, then whatever comes, without waiting.</summary>
internal sealed class LoadClient : IMessageSink, IDisposable
{
    private const int MaxResponseBytes = 8 * 1024;

    private readonly FrameReader _frames;
    private readonly Action<int, ReadOnlySpan<byte>> _onText;
    private readonly int _user;

    private LoadClient(int user, Socket socket, Action<int, ReadOnlySpan<byte>> onText)
    {
        _user = user;
        _onText = onText;
        Socket = socket;
        _frames = new FrameReader(this);
    }

    public Socket Socket { get; }

    public bool IsWelcome { get; private set; }

    /// <summary>Why the connection has ended; null while it has not.</summary>
    public string? Ended { get; private set; }

    /// <param name="user">The number of the user.</param>
    /// <param name="url">The server.</param>
    /// <param name="isSignalR">Whether to speak to a hub.</param>
    /// <param name="onText">Called with the user and each message.</param>
    public static LoadClient Connect(int user, Uri url, bool isSignalR, Action<int, ReadOnlySpan<byte>> onText)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000 };
        LoadClient client = new(user, socket, onText);
        try
        {
            socket.Connect(new IPEndPoint(IPAddress.Parse(url.Host), url.Port));
            // Live: what an earlier workload left in an open run is not this one's.
            client.Upgrade(isSignalR ? $"/hub?user=u{user}" : $"/ws?user=u{user}&start=live", url.Authority);
            if (isSignalR)
            {
                client.Send(0x1, "{\"protocol\":\"json\",\"version\":1}\u001e"u8);
            }

            socket.Blocking = false;
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Reads once, into a buffer that all connections share.</summary>
    public void Read(byte[] buffer)
    {
        int count = Socket.Receive(buffer, 0, buffer.Length, SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock)
        {
            return;
        }

        if (error != SocketError.Success || count == 0)
        {
            Ended ??= error == SocketError.Success ? "ended without a close" : error.ToString();
            return;
        }

        _frames.Feed(buffer.AsSpan(0, count));
    }

    public void OnText(ReadOnlySpan<byte> message)
    {
        if (!IsWelcome)
        {
            IsWelcome = message.IndexOf("\"welcome\""u8) >= 0;
        }

        _onText(_user, message);
    }

    public void OnPing(ReadOnlySpan<byte> payload) => Send(0xA, payload);

    public void OnClose(int code) => Ended ??= $"closed with {code}";

    public void Dispose() => Socket.Dispose();

    private void Upgrade(string path, string host)
    {
        Socket.Send(Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"));
        byte[] response = new byte[MaxResponseBytes];
        int length = 0, end;
        do
        {
            int count = Socket.Receive(response.AsSpan(length));
            if (count == 0)
            {
                throw new IOException("The server hung up during the handshake.");
            }

            length += count;
            end = response.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
        }
        while (end < 0 && length < response.Length);
        if (end < 0 || !response.AsSpan().StartsWith("HTTP/1.1 101 "u8))
        {
            throw new IOException($"No upgrade: {Encoding.ASCII.GetString(response, 0, Math.Min(length, 64))}");
        }

        _frames.Feed(response.AsSpan((end + 4)..length));
    }

    /// <summary>A frame as a client must mask it; a key of zeros leaves the payload as it is.</summary>
    private void Send(byte opcode, ReadOnlySpan<byte> payload)
    {
        Span<byte> frame = stackalloc byte[6 + 125];
        frame.Clear();
        frame[0] = (byte)(0x80 | opcode);
        frame[1] = (byte)(0x80 | payload.Length);
        payload.CopyTo(frame[6..]);
        Socket.Send(frame[..(6 + payload.Length)]);
    }
}
