using Netra.Realtime.Hosting;

namespace Netra.Realtime.Tests.Hosting;

public sealed class HandshakeRequestTests
{
    [Theory]
    [InlineData("a=1; user=alice", "alice")]
    [InlineData("user=alice", "alice")]
    [InlineData(" user=a=b ;x=2", "a=b")]
    [InlineData("user=first; user=second", "first")]
    [InlineData("User=alice", null)]
    [InlineData("user", null)]
    [InlineData("=alice", null)]
    [InlineData("xuser=alice; ;", null)]
    [InlineData("user=", "")]
    public void Cookie_OfALine_IsTheFirstOfItsName(string line, string? expected) => Assert.Equal(expected, Request(("Cookie", line)).Cookie("user"));

    [Fact]
    public void Cookie_InTheSecondLine_IsFound() => Assert.Equal("alice", Request(("Cookie", "a=1"), ("Cookie", "user=alice")).Cookie("user"));

    [Fact]
    public void Header_ThatStandsTwice_IsNone()
    {
        HandshakeRequest request = Request(("X-User", "alice"), ("X-User", "bob"), ("X-Other", "1"));

        Assert.Null(request.Header("X-User"));
        Assert.Equal("1", request.Header("x-other"));
        Assert.Equal(["alice", "bob"], request.Headers("x-user"));
    }

    [Theory]
    [InlineData("Bearer abc", null, "abc")]
    [InlineData("bearer  abc", null, "abc")]
    [InlineData("Basic abc", null, null)]
    [InlineData("Bearer abc", "netra.v1, jwt.eHl6", "abc")]
    [InlineData("Basic abc", "netra.v1, jwt.eHl6", null)]
    [InlineData(null, "netra.v1, jwt.eHl6", "xyz")]
    [InlineData(null, "netra.v1, jwt.eHl6, jwt.eHl6", null)]
    [InlineData(null, "netra.v1, jwt.!", null)]
    [InlineData(null, "netra.v1, jwt._w", null)]
    [InlineData(null, "netra.v1", null)]
    [InlineData(null, null, null)]
    public void Token_OfHeaderOrSubprotocol_IsTheOnlyOne(string? authorization, string? subprotocols, string? expected)
    {
        List<(string, string)> headers = [];
        if (authorization is not null)
        {
            headers.Add(("Authorization", authorization));
        }

        if (subprotocols is not null)
        {
            headers.Add(("Sec-WebSocket-Protocol", subprotocols));
        }

        Assert.Equal(expected, Request([.. headers]).Token);
    }

    private static HandshakeRequest Request(params (string Name, string Value)[] headers) => new(
        "http", "localhost", "/ws", "", name => [.. headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)]);
}
