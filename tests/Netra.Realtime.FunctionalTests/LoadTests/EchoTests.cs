using System.Net.WebSockets;
using System.Text;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.LoadTests;

public sealed class EchoTests
{
    private const int MaxBytes = 16 * 1024 * 1024;

    [Theory]
    [InlineData("netra")]
    [InlineData("netra-system-net")]
    [InlineData("kestrel-websocket")]
    public async Task Echo_TextAndBinaryInTurn_ComeBackAsTheyWere(string target)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        using ClientWebSocket socket = await server.ConnectAsync("/echo");
        (WebSocketMessageType Kind, byte[] Message)[] messages =
        [
            (WebSocketMessageType.Text, "\u2713 \ud83d\ude00 text"u8.ToArray()),
            (WebSocketMessageType.Binary, [0, 0xff, 0x80]),
            (WebSocketMessageType.Binary, []),
            (WebSocketMessageType.Text, []),
            (WebSocketMessageType.Text, Encoding.ASCII.GetBytes(new string('x', 100_000))),
        ];
        foreach ((WebSocketMessageType kind, byte[] message) in messages)
        {
            await socket.SendAsync(message, kind, true, CancellationToken.None).OrFail(); // all are under way before one is read
        }

        foreach ((WebSocketMessageType kind, byte[] message) in messages)
        {
            (WebSocketMessageType echoedKind, byte[] echoed) = await ReceiveAsync(socket, message.Length);
            Assert.Equal(kind, echoedKind);
            Assert.Equal(message, echoed);
        }
    }

    [Theory]
    [InlineData("netra", 1, 5_000)]
    [InlineData("netra-system-net", 1, 5_000)]
    [InlineData("netra", 100_000, MaxBytes)]
    [InlineData("netra", MaxBytes, MaxBytes)]
    [InlineData("kestrel-websocket", 1, 5_000)]
    [InlineData("kestrel-websocket", 100_000, MaxBytes)]
    [InlineData("kestrel-websocket", MaxBytes, MaxBytes)]
    public async Task Echo_FragmentsOfAnySize_ComeBackWhole(string target, int fragmentBytes, int bytes)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        using ClientWebSocket socket = await server.ConnectAsync("/echo");
        byte[] message = new byte[bytes];
        new Random(1).NextBytes(message);

        Task<(WebSocketMessageType, byte[])> echo = ReceiveAsync(socket, bytes);
        for (int at = 0; at < bytes; at += fragmentBytes)
        {
            int length = Math.Min(fragmentBytes, bytes - at);
            await socket.SendAsync(message.AsMemory(at, length), WebSocketMessageType.Binary, at + length == bytes, CancellationToken.None).OrFail();
        }

        (WebSocketMessageType kind, byte[] echoed) = await echo;
        Assert.Equal(WebSocketMessageType.Binary, kind);
        Assert.True(message.AsSpan().SequenceEqual(echoed));
    }

    [Theory]
    [InlineData("netra")]
    [InlineData("netra-system-net")]
    [InlineData("kestrel-websocket")]
    public async Task Echo_MoreThanTheMost_ClosesWith1009(string target)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        using ClientWebSocket socket = await server.ConnectAsync("/echo");

        Task send = socket.SendAsync(new byte[MaxBytes + 1], WebSocketMessageType.Binary, true, CancellationToken.None);
        ValueWebSocketReceiveResult read;
        byte[] buffer = new byte[64 * 1024];
        do
        {
            read = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).OrFail();
        }
        while (read.MessageType != WebSocketMessageType.Close);

        await send.OrFail();
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, socket.CloseStatus);
    }

    [Theory]
    [InlineData("netra")]
    [InlineData("netra-system-net")]
    [InlineData("kestrel-websocket")]
    public async Task Echo_CloseOfTheClient_IsAnswered(string target)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        using ClientWebSocket socket = await server.ConnectAsync("/echo");

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).OrFail();

        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(MaxBytes)]
    public async Task Echo_OfTheHub_ReturnsTheString(int length)
    {
        await using StartedServer server = await StartedServer.StartAsync("signalr");
        using ClientWebSocket socket = await server.ConnectAsync("/hub?user=u0");
        string text = new('x', length);
        await SendTextAsync(socket, "{\"protocol\":\"json\",\"version\":1}\u001e");

        await SendTextAsync(socket, $$"""{"type":1,"invocationId":"7","target":"Echo","arguments":["{{text}}"]}""" + "\u001e");

        string said;
        do
        {
            said = Encoding.ASCII.GetString((await ReceiveAsync(socket, length + 1_000)).Message);
        }
        while (!said.Contains("\"invocationId\":\"7\"", StringComparison.Ordinal));

        Assert.Contains($"\"result\":\"{text}\"", said, StringComparison.Ordinal);
    }

    private static Task SendTextAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.ASCII.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None).OrFail();

    private static async Task<(WebSocketMessageType Kind, byte[] Message)> ReceiveAsync(ClientWebSocket socket, int mostBytes)
    {
        byte[] message = new byte[mostBytes + 1];
        int length = 0;
        ValueWebSocketReceiveResult read;
        do
        {
            read = await socket.ReceiveAsync(message.AsMemory(length), CancellationToken.None).OrFail();
            length += read.Count;
        }
        while (!read.EndOfMessage);

        return (read.MessageType, message[..length]);
    }
}
