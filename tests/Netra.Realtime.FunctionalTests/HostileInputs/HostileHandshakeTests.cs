using System.Text;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>Requests that a proxy in front of us might read otherwise than we do. Most are the web server's to refuse, and it is seen that it does.</summary>
public sealed class HostileHandshakeTests
{
    private const string Rest =
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + RawClient.Key + "\r\n" + TestAuthentication.UserHeader + ": alice\r\n";

    /// <summary>Name, request with <c>{host}</c>, status. A bare line feed may be taken for the end of a line (RFC 9112 section 2.2), as Kestrel does.</summary>
    public static TheoryData<string, string, int> Requests { get; } = new()
    {
        { "a folded header", "GET /ws HTTP/1.1\r\nHost: {host}\r\nX-Folded: a\r\n b\r\n" + Rest + "\r\n", 400 },
        { "bare line feeds", ("GET /ws HTTP/1.1\r\nHost: {host}\r\n" + Rest + "\r\n").Replace("\r\n", "\n", StringComparison.Ordinal), 101 },
        { "one bare line feed", "GET /ws HTTP/1.1\r\nHost: {host}\r\nX: y\n" + Rest + "\r\n", 101 },
        { "a bare carriage return", "GET /ws HTTP/1.1\r\nHost: {host}\r\nX: a\rb\r\n" + Rest + "\r\n", 400 },
        { "NUL in a value", "GET /ws HTTP/1.1\r\nHost: {host}\r\nX: a\0b\r\n" + Rest + "\r\n", 400 },
        { "NUL in a name", "GET /ws HTTP/1.1\r\nHost: {host}\r\nX\0: a\r\n" + Rest + "\r\n", 400 },
        { "a space before the colon", "GET /ws HTTP/1.1\r\nHost: {host}\r\nX : a\r\n" + Rest + "\r\n", 400 },
        { "no colon", "GET /ws HTTP/1.1\r\nHost: {host}\r\nX\r\n" + Rest + "\r\n", 400 },
        { "no host", "GET /ws HTTP/1.1\r\n" + Rest + "\r\n", 400 },
        { "two hosts", "GET /ws HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n" + Rest + "\r\n", 400 },
        { "an absolute target of another host", "GET http://evil.example/ws HTTP/1.1\r\nHost: {host}\r\n" + Rest + "\r\n", 400 },
        { "an absolute target of the same host", "GET http://{host}/ws HTTP/1.1\r\nHost: {host}\r\n" + Rest + "\r\n", 101 },
        { "a body", "GET /ws HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n" + Rest + "\r\nhello", 426 },
        { "two lengths", "GET /ws HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nContent-Length: 5\r\n" + Rest + "\r\nhello", 400 },
        { "a chunked body", "GET /ws HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n" + Rest + "\r\n0\r\n\r\n", 426 },
        { "a length and chunks", "GET /ws HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n" + Rest + "\r\n0\r\n\r\n", 426 },
        { "HTTP/1.0", "GET /ws HTTP/1.0\r\nHost: {host}\r\n" + Rest + "\r\n", 426 },
        { "a name of 20 KiB", "GET /ws HTTP/1.1\r\nHost: {host}\r\n" + new string('X', 20 * 1024) + ": a\r\n" + Rest + "\r\n", 101 },
        { "no HTTP", "\u0016\u0003\u0001 this is TLS\r\n\r\n", 400 },
    };

    // The library's own listener is stricter where leniency has been a hole, and its heads are smaller.
    private static readonly Dictionary<string, int> AtTheListener = new(StringComparer.Ordinal)
    {
        ["bare line feeds"] = 400,
        ["one bare line feed"] = 400,
        ["a body"] = 400,
        ["a chunked body"] = 400,
        ["a length and chunks"] = 400,
        ["HTTP/1.0"] = 400,
        ["a name of 20 KiB"] = 431,
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Handshake_ThatMightBeReadInTwoWays_IsReadInOneAndTheNextIsServed(string what, string request, int status)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);

        await client.WriteAsync(Encoding.Latin1.GetBytes(request.Replace("{host}", server.Http.Authority, StringComparison.Ordinal)));

        status = TestTransport.IsListener ? AtTheListener.GetValueOrDefault(what, status) : status;
        RawResponse response = await client.ReadResponseAsync();
        Assert.True(status == response.Status, $"{what}: {response.Status}");
        await using TestClient next = await TestClient.ConnectAsync(server, "alice");
        Assert.Empty(await next.PingAsync());
    }

    [Fact]
    public async Task Handshake_WithFramesBehindIt_TheyAreRead()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
        byte[] request = Encoding.Latin1.GetBytes($"GET /ws HTTP/1.1\r\nHost: {server.Http.Authority}\r\n{Rest}\r\n");

        await client.WriteAsync([.. request, .. RawClient.Frame(RawClient.Ping, "early"u8.ToArray()), .. RawClient.Frame(RawClient.Close, [0x03, 0xe8])]);

        Assert.Equal(101, (await client.ReadResponseAsync()).Status);
        List<string> pongs = [];
        RawFrame? frame;
        while ((frame = await client.ReadFrameAsync()) is not (null or { Opcode: RawClient.Close }))
        {
            if (frame.Opcode == RawClient.Pong)
            {
                pongs.Add(Encoding.ASCII.GetString(frame.Payload));
            }
        }

        Assert.Equal(["early"], pongs);
        Assert.Equal([0x03, 0xe8], frame!.Payload[..2]);
    }
}
