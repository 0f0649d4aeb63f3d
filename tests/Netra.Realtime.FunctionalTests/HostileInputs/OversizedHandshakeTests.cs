using System.Text;
using Netra.Realtime.FunctionalTests.Fixtures;

namespace Netra.Realtime.FunctionalTests.HostileInputs;

/// <summary>A request head beyond all measure is refused by the web server, and the next client is served.</summary>
public sealed class OversizedHandshakeTests
{
    private const int MaxHeaders = 100;
    private const int MaxHeaderBytes = (32 * 1024) + 2; // the end of the last header does not count

    /// <summary>Heads that end with the byte that is one too many: the server has read all there is when it answers, so the answer arrives.</summary>
    public static TheoryData<string, string> OneTooMany { get; } = new()
    {
        { "a header too many", Headers(MaxHeaders + 1) },
        { "a byte too many", "X-Long: ".PadRight(MaxHeaderBytes + 1, 'x') },
    };

    public static TheoryData<string, string> FarTooMany { get; } = new()
    {
        { "2,000 headers", Headers(2_000) },
        { "a header of 64 KiB", "X-Long: ".PadRight(64 * 1024, 'x') },
    };

    [Theory]
    [MemberData(nameof(OneTooMany))]
    public async Task Handshake_HeadOneTooMany_Is431AndTheNextIsServed(string what, string lines)
    {
        Assert.NotEmpty(what);
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient raw = await RawClient.ConnectAsync(server.EndPoint);

        await raw.WriteAsync(Encoding.Latin1.GetBytes("GET /ws HTTP/1.1\r\n" + lines));

        Assert.Equal(431, (await raw.ReadResponseAsync()).Status);
        await ProveServedAsync(server);
    }

    [Theory]
    [MemberData(nameof(FarTooMany))]
    public async Task Handshake_HeadFarTooLarge_IsEndedAndTheNextIsServed(string what, string lines)
    {
        Assert.NotEmpty(what);
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient raw = await RawClient.ConnectAsync(server.EndPoint);

        try
        {
            await raw.WriteAsync(Encoding.Latin1.GetBytes("GET /ws HTTP/1.1\r\n" + lines + "\r\n\r\n"));
        }
        catch (IOException)
        {
            // The server has had enough already.
        }

        await raw.WhenEndedAsync(); // with 431 or without: a reset for what was not read any more may overtake the answer
        await ProveServedAsync(server);
    }

    private static async Task ProveServedAsync(RealtimeServer server)
    {
        Assert.Equal(0, server.Registry.Places.Taken);
        await using TestClient next = await TestClient.ConnectAsync(server, "alice");
        Assert.Empty(await next.PingAsync());
    }

    private static string Headers(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i}: 1\r\n"));
}
