using System.Text;
using Netra.Realtime.Protocol;
using Netra.Realtime.Transports.Rfc6455;

namespace Netra.Realtime.Tests.Transports.Rfc6455;

public sealed class ClientHandshakeTests
{
    private static readonly Uri Somewhere = new("http://example.com:8080/ws?thread=t-1");

    [Fact]
    public void Request_Made_IsAcceptedByAServerAndItsAnswerByTheClient()
    {
        ClientHandshake client = new(Somewhere, ["two", "one"], [new("Authorization", "Bearer x.y.z")]);
        HttpHead request = new HeadFeed().Give(client.Request).Head!;

        HandshakeAnswer answer = ServerHandshake.Answer(request, ["one", "two"]);

        Assert.Equal("two", client.Verify(Head(Encoding.ASCII.GetString(answer.Bytes))));
        Assert.Equal(
            ("GET /ws?thread=t-1 HTTP/1.1", "example.com:8080", "Bearer x.y.z"), (request.StartLine, request.Single("host"), request.Single("authorization")));
    }

    [Fact]
    public void Request_MadeTwice_HasAnotherKey()
    {
        Assert.NotEqual(new ClientHandshake(Somewhere, [], []).Request, new ClientHandshake(Somewhere, [], []).Request);
    }

    [Theory]
    [InlineData("X", "y\r\nHost: evil")]
    [InlineData("X", "y\n")]
    [InlineData("X\r\nHost", "evil")]
    [InlineData("X:", "y")]
    [InlineData("", "y")]
    [InlineData("X", "\u00e9")]
    public void Request_AFieldThatIsNone_Throws(string name, string value)
    {
        Assert.Throws<ArgumentException>(() => new ClientHandshake(Somewhere, [], [new(name, value)]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a,b")]
    [InlineData("a\r\nb")]
    public void Request_ASubprotocolThatIsNone_Throws(string subprotocol)
    {
        Assert.Throws<ArgumentException>(() => new ClientHandshake(Somewhere, [subprotocol], []));
    }

    [Theory]
    [InlineData("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket\r\nConnection: Upgrade", true)]
    [InlineData("HTTP/1.1 101", "Upgrade: WEBSOCKET\r\nConnection: keep-alive, upgrade", true)]
    [InlineData("HTTP/1.1 101 ", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: one", true)]
    [InlineData("HTTP/1.1 1010 x", "Upgrade: websocket\r\nConnection: Upgrade", false)]
    [InlineData("HTTP/1.1 200 OK", "Upgrade: websocket\r\nConnection: Upgrade", false)]
    [InlineData("HTTP/1.1 401 Unauthorized", "Upgrade: websocket\r\nConnection: Upgrade", false)]
    [InlineData("HTTP/1.0 101 Switching Protocols", "Upgrade: websocket\r\nConnection: Upgrade", false)]
    [InlineData("HTTP/1.1 101 x", "Connection: Upgrade", false)]
    [InlineData("HTTP/1.1 101 x", "Upgrade: websocket", false)]
    [InlineData("HTTP/1.1 101 x", "Upgrade: h2c\r\nConnection: Upgrade", false)]
    [InlineData("HTTP/1.1 101 x", "Upgrade: websocket\r\nConnection: close", false)]
    [InlineData("HTTP/1.1 101 x", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Extensions: permessage-deflate", false)]
    [InlineData("HTTP/1.1 101 x", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: other", false)]
    [InlineData("HTTP/1.1 101 x", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: one\r\nSec-WebSocket-Protocol: one", false)]
    public void Verify_EachAnswer_IsTakenOrThrows(string line, string fields, bool isTaken)
    {
        ClientHandshake client = new(Somewhere, ["one"], []);
        string key = new HeadFeed().Give(client.Request).Head!.Single("Sec-WebSocket-Key")!;
        HttpHead answer = Head($"{line}\r\n{fields}\r\nSec-WebSocket-Accept: {HandshakeKey.Accept(key)}\r\n\r\n");

        Exception? thrown = Record.Exception(() => client.Verify(answer));

        Assert.Equal(isTaken, thrown is null);
        Assert.True(isTaken || thrown is RealtimeProtocolException);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")]
    public void Verify_AcceptOfAnotherKey_Throws(string accept)
    {
        ClientHandshake client = new(Somewhere, [], []);

        Assert.Throws<RealtimeProtocolException>(() => client.Verify(Head($"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{accept}\r\n")));
    }

    private static HttpHead Head(string text) => new HeadFeed().Give(Encoding.ASCII.GetBytes(text)).Head!;
}
