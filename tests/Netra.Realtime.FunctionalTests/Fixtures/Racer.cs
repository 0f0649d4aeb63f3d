using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>A WebSocket client that costs as little as it can, so that hundreds of them race on two cores: it looks at the first frame only.</summary>
public sealed class Racer : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _received = new byte[4096];
    private int _end;

    private Racer()
    {
    }

    /// <summary>Whether the first frame was the welcome.</summary>
    public bool IsWelcome { get; private set; }

    /// <summary>What the first frame said, when it was a close.</summary>
    public ClientClose Refusal { get; private set; }

    /// <summary>Connects, and reads whether it is welcome.</summary>
    public static async Task<Racer> RunAsync(RealtimeServer server, string user)
    {
        Racer racer = new();
        await racer._socket.ConnectAsync(server.EndPoint).OrFail();
        await racer.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /ws HTTP/1.1\r\nHost: {server.Http.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {RawClient.Key}\r\nSec-WebSocket-Version: 13\r\n{TestAuthentication.UserHeader}: {user}\r\n\r\n"));
        int head = await racer.ReceiveUntilAsync(static received => received.IndexOf("\r\n\r\n"u8) is var end and >= 0 ? end + 4 : null);
        Assert.StartsWith("HTTP/1.1 101", Encoding.ASCII.GetString(racer._received, 0, head), StringComparison.Ordinal);
        int end = await racer.ReceiveUntilAsync(received => EndOfFrame(received[head..]) is { } frame ? head + frame : null);
        racer.Look(racer._received.AsSpan(head, end - head));
        return racer;
    }

    /// <summary>Proof that the connection lives: a ping is answered.</summary>
    public async Task PingAsync()
    {
        await SendAsync(RawClient.Frame(RawClient.Text, """{"type":"ping"}"""u8.ToArray()));
        await ReceiveUntilAsync(static received => received.IndexOf("\"pong\""u8) is var at and >= 0 ? at : null);
    }

    /// <summary>Says or answers the close and reads to the end, which the server makes when nothing of the connection is left there.</summary>
    public async Task EndAsync()
    {
        await SendAsync(RawClient.Frame(RawClient.Close, [0x03, 0xe8]));
        while (await _socket.ReceiveAsync(_received).OrFail() > 0)
        {
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Look(ReadOnlySpan<byte> frame)
    {
        int opcode = frame[0] & 0x0f;
        if (opcode == RawClient.Close)
        {
            Refusal = new ClientClose(BinaryPrimitives.ReadUInt16BigEndian(frame[2..]), Encoding.UTF8.GetString(frame[4..]));
        }

        IsWelcome = opcode == RawClient.Text && frame.IndexOf("\"type\":\"welcome\""u8) > 0;
    }

    // Of a frame of the server (RFC 6455 section 5.2), unmasked and below 64 KiB.
    private static int? EndOfFrame(ReadOnlySpan<byte> received)
    {
        if (received.Length < 2 || (received[1] == 126 && received.Length < 4))
        {
            return null;
        }

        int end = received[1] == 126 ? 4 + BinaryPrimitives.ReadUInt16BigEndian(received[2..]) : 2 + received[1];
        return received.Length < end ? null : end;
    }

    private async Task SendAsync(byte[] bytes) => Assert.Equal(bytes.Length, await _socket.SendAsync(bytes).OrFail());

    private async Task<int> ReceiveUntilAsync(Func<ReadOnlySpan<byte>, int?> find)
    {
        while (true)
        {
            if (find(_received.AsSpan(0, _end)) is { } found)
            {
                return found;
            }

            int count = await _socket.ReceiveAsync(_received.AsMemory(_end)).OrFail();
            Assert.True(count > 0, "The server ended the connection.");
            _end += count;
        }
    }
}
