using Netra.Realtime.FunctionalTests.Fixtures;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>A request head beyond all measure is refused by the web server, and the next client is served.</summary>
public sealed class OversizedHandshakeTests
{
    public static TheoryData<string, string> Heads { get; } = new()
    {
        { "2,000 headers", string.Concat(Enumerable.Range(0, 2_000).Select(i => $"X-{i}: 1\r\n")) },
        { "a header of 64 KiB", $"X-Long: {new string('x', 64 * 1024)}\r\n" },
    };

    [Theory]
    [MemberData(nameof(Heads))]
    public async Task Handshake_HeadTooLarge_IsRefusedAndTheNextIsServed(string what, string lines)
    {
        Assert.NotEmpty(what);
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient raw = await RawClient.ConnectAsync(server.EndPoint);

        int? status = await StatusAsync(raw, server, lines);

        Assert.True(status is 431 or null, $"{status}"); // the server may cut while the rest is still being sent
        Assert.Equal(0, server.Registry.Places.Taken);
        await using TestClient next = await TestClient.ConnectAsync(server, "alice");
        Assert.Empty(await next.PingAsync());
    }

    private static async Task<int?> StatusAsync(RawClient raw, RealtimeServer server, string lines)
    {
        try
        {
            return (await raw.HandshakeAsync(server, "alice", extra: lines)).Status;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
