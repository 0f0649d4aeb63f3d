using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Netra.Realtime.LoadTests.Driving;

/// <summary>One user's connection: the upgrade by hand, then whatever comes, without waiting.</summary>
internal sealed class LoadClient : IMessageSink, IDisposable
{
    private const int MaxResponseBytes = 2 * 1024;
    private const int Addresses = 16; // 28,000 ports each, of which a closed connection keeps its own for a minute
    private const int SendWaitMicroseconds = 10_000_000;

    private static int _connected;

    private readonly FrameReader _frames;
    private readonly MessageHandler _onMessage;
    private readonly bool _isSignalR;
    private readonly bool _isEcho;
    private readonly HubConversation? _hub;
    private byte[]? _response = new byte[MaxResponseBytes];
    private int _responseLength;
    private bool _isClosing;

    private static ReadOnlySpan<byte> SignalRPing => "{\"type\":6}\u001e"u8;

    private LoadClient(int user, Socket socket, bool isSignalR, bool isEcho, MessageHandler onMessage, HubConversation? hub)
    {
        User = user;
        Socket = socket;
        _isSignalR = isSignalR;
        _isEcho = isEcho;
        _hub = hub;
        _onMessage = onMessage;
        _frames = new FrameReader(this);
    }

    public int User { get; }

    public Socket Socket { get; }

    public long ConnectedAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>Whether the server has greeted it, or upgraded it where there is no greeting.</summary>
    public bool IsWelcome { get; private set; }

    /// <summary>How many pings have come, those of SignalR's protocol too.</summary>
    public int Pings { get; private set; }

    /// <summary>Whether the close that it asked for is over.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Why the connection has ended without being asked to; null while it has not.</summary>
    public string? Ended { get; private set; }

    /// <param name="user">The number of the user.</param>
    /// <param name="url">The server.</param>
    /// <param name="isSignalR">Whether to speak to a hub.</param>
    /// <param name="isEcho">Whether to ask for echoes.</param>
    /// <param name="onMessage">Called with each message.</param>
    /// <param name="receiveBufferBytes">The kernel's receive buffer; 0 leaves it to the kernel.</param>
    /// <param name="query">What is asked for beside the user, from its ampersand on.</param>
    /// <param name="hub">The conversation that this connection begins, or goes on with; null where SignalR keeps none.</param>
    public static LoadClient Connect(
        int user, Uri url, bool isSignalR, bool isEcho, MessageHandler onMessage, int receiveBufferBytes, string query = "", HubConversation? hub = null)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        LoadClient client = new(user, socket, isSignalR, isEcho, onMessage, hub);
        try
        {
            if (receiveBufferBytes > 0)
            {
                socket.ReceiveBufferSize = receiveBufferBytes;
            }

            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(1 + (_connected++ % Addresses))]), 0));
            socket.Connect(new IPEndPoint(IPAddress.Parse(url.Host), url.Port));
            string path = isSignalR ? $"/hub?user=u{user}{query}" : isEcho ? "/echo" : $"/ws?user=u{user}{query}";
            socket.Send(Encoding.ASCII.GetBytes(
                $"GET {path} HTTP/1.1\r\nHost: {url.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"));
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
            End(error == SocketError.Success ? "ended without a close" : error.ToString());
            return;
        }

        Span<byte> read = buffer.AsSpan(0, count);
        if (_response is null)
        {
            _frames.Feed(read);
        }
        else
        {
            ReadResponse(read);
        }
    }

    /// <summary>Takes so many bytes off the socket, of those that are there, and looks at none.</summary>
    public void Discard(int bytes) => _ = Socket.Receive(new byte[bytes], 0, bytes, SocketFlags.None, out SocketError _);

    /// <summary>Sends bytes that are frames already; waits for room where there is none.</summary>
    public void Send(ReadOnlySpan<byte> frames)
    {
        while (!frames.IsEmpty)
        {
            int sent = Socket.Send(frames, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock ? !Socket.Poll(SendWaitMicroseconds, SelectMode.SelectWrite) : error != SocketError.Success)
            {
                End($"could not send: {error}");
                return;
            }

            frames = frames[Math.Max(0, sent)..];
        }
    }

    public void Close()
    {
        _isClosing = true;
        SendControl(0x8, [0x03, 0xe8]);
    }

    /// <summary>What a client of SignalR sends so that the server does not give it up: it answers no ping.</summary>
    public void Ping() => Say(SignalRPing);

    /// <summary>Sends a text as short as a control frame.</summary>
    public void Say(ReadOnlySpan<byte> text) => SendControl(0x1, text);

    /// <summary>Leaves without a word: the socket is reset.</summary>
    public void Abort()
    {
        Socket.LingerState = new LingerOption(enable: true, 0);
        Dispose();
    }

    public void OnText(ReadOnlySpan<byte> message)
    {
        if (_hub is not null)
        {
            IsWelcome |= _hub.Take(message, this, _onMessage);
            return;
        }

        if (_isSignalR && message.SequenceEqual(SignalRPing))
        {
            Pings++;
        }

        if (!IsWelcome)
        {
            IsWelcome = message.IndexOf("\"welcome\""u8) >= 0;
        }

        _onMessage(this, message);
    }

    public void OnPing(ReadOnlySpan<byte> payload)
    {
        Pings++;
        SendControl(0xA, payload);
    }

    public void OnClose(int code) => End($"closed with {code}");

    public void Dispose() => Socket.Dispose();

    private void End(string how)
    {
        IsClosed = true;
        Ended ??= _isClosing ? null : how;
    }

    private void ReadResponse(ReadOnlySpan<byte> read)
    {
        byte[] response = _response!; // the caller has looked
        int taken = Math.Min(read.Length, response.Length - _responseLength); // what follows the response may be any number of frames
        read[..taken].CopyTo(response.AsSpan(_responseLength));
        _responseLength += taken;
        Span<byte> soFar = response.AsSpan(0, _responseLength);
        int end = soFar.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            if (_responseLength == response.Length)
            {
                End("a handshake without an end");
            }

            return;
        }

        if (!soFar.StartsWith("HTTP/1.1 101 "u8))
        {
            End($"no upgrade: {Encoding.ASCII.GetString(soFar[..Math.Min(_responseLength, 64)])}");
            return;
        }

        _response = null;
        if (_isSignalR)
        {
            Say(_hub is null ? "{\"protocol\":\"json\",\"version\":1}\u001e"u8 : _hub.Opening);
        }
        else
        {
            IsWelcome = _isEcho;
        }

        _frames.Feed(soFar[(end + 4)..]);
        _frames.Feed(read[taken..]);
    }

    /// <summary>A frame as a client must mask it; a key of zeros leaves the payload as it is.</summary>
    private void SendControl(byte opcode, ReadOnlySpan<byte> payload)
    {
        Span<byte> frame = stackalloc byte[6 + 125];
        frame.Clear();
        frame[0] = (byte)(0x80 | opcode);
        frame[1] = (byte)(0x80 | payload.Length);
        payload.CopyTo(frame[6..]);
        Send(frame[..(6 + payload.Length)]);
    }
}
