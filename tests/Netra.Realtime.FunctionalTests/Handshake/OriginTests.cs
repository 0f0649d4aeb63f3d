using Netra.Realtime.FunctionalTests.Fixtures;

namespace Netra.Realtime.FunctionalTests.Handshake;

public sealed class OriginTests
{
    [Theory]
    [InlineData("http://localhost:{port}", 101)]
    [InlineData("http://LOCALHOST:{port}", 101)]
    [InlineData("HTTP://localhost:{port}", 101)]
    [InlineData("http://evil.example", 403)]
    [InlineData("http://localhost.evil.example:{port}", 403)]
    [InlineData("http://evil.example:{port}#localhost", 403)]
    [InlineData("http://localhost:{port}@evil.example", 403)]
    [InlineData("http://user@localhost:{port}", 403)]
    [InlineData("null", 403)]
    [InlineData("", 403)]
    [InlineData("localhost:{port}", 403)]
    [InlineData("http://127.0.0.1:{port}", 403)]
    [InlineData("http://localhost:1", 403)]
    [InlineData("http://localhost", 403)]
    [InlineData("http://localhost.:{port}", 403)]
    [InlineData("https://localhost:{port}", 403)]
    [InlineData("file:///localhost", 403)]
    [InlineData("http://localhost:{port}/path", 403)]
    public async Task Origin_BesideItsOwn_IsForbiddenAndAPlainGetSaysTheSame(string origin, int status)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();

        Assert.Equal(status, await ConnectAsync(server, origin));
        Assert.Equal(status == 101 ? 426 : status, await ConnectAsync(server, origin, upgrade: false));
    }

    [Theory]
    [InlineData("https://app.example", 101)]
    [InlineData("https://APP.example:443", 101)]
    [InlineData("https://app.example:444", 403)]
    [InlineData("http://app.example", 403)]
    [InlineData("https://www.app.example", 403)]
    [InlineData("https://xn--bcher-kva.example", 101)]
    [InlineData("http://localhost:{port}", 101)]
    [InlineData("null", 403)]
    public async Task Origin_WithAnAllowList_IsAllowedWhenItIsListedOrItsOwn(string origin, int status)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Endpoint = endpoint =>
        {
            endpoint.AllowedOrigins.Add("HTTPS://App.Example");
            endpoint.AllowedOrigins.Add("https://bücher.example");
        });

        Assert.Equal(status, await ConnectAsync(server, origin));
    }

    [Fact]
    public async Task Origin_StandsTwice_IsForbidden()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();

        Assert.Equal(403, await ConnectAsync(server, "http://localhost:{port}", "Origin: http://evil.example\r\n"));
        Assert.Equal(403, await ConnectAsync(server, "http://localhost:{port}", $"Origin: http://localhost:{server.Http.Port}\r\n"));
    }

    [Theory]
    [InlineData(false, null, 101)]
    [InlineData(true, null, 403)]
    [InlineData(true, "http://localhost:{port}", 101)]
    public async Task Origin_Missing_IsAllowedUnlessRequired(bool isRequired, string? origin, int status)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Endpoint = endpoint => endpoint.RequireOrigin = isRequired);

        Assert.Equal(status, await ConnectAsync(server, origin));
    }

    [Fact]
    public async Task Origin_ForeignAndNotChecked_IsAllowed()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Endpoint = endpoint => endpoint.CheckOrigin = false);

        Assert.Equal(101, await ConnectAsync(server, "http://evil.example"));
    }

    [Fact]
    public async Task AllowList_WithSomethingThatIsNoOrigin_StopsTheStart()
    {
        await Assert.ThrowsAsync<ArgumentException>(
            () => RealtimeServer.StartAsync(setup => setup.Endpoint = endpoint => endpoint.AllowedOrigins.Add("app.example/path")));
    }

    private static async Task<int> ConnectAsync(RealtimeServer server, string? origin, string extra = "", bool upgrade = true)
    {
        using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
        Dictionary<string, string?> headers = new()
        {
            ["Host"] = $"localhost:{server.Http.Port}",
            ["Origin"] = origin?.Replace("{port}", $"{server.Http.Port}", StringComparison.Ordinal),
        };
        if (!upgrade)
        {
            headers["Upgrade"] = headers["Connection"] = null;
        }

        return (await client.HandshakeAsync(server, "alice", headers, extra)).Status;
    }
}
