using System.Text;
using Netra.Realtime.FunctionalTests.Fixtures;

namespace Netra.Realtime.FunctionalTests.Messages;

/// <summary>What no WebSocket library would send, over a raw socket.</summary>
public sealed class HostileFrameTests
{
    private static readonly byte[] PingMessage = """{"type":"ping"}"""u8.ToArray();

    public static TheoryData<string, byte[], int> Violations { get; } = new()
    {
        { "unmasked", RawClient.Frame(RawClient.Text, PingMessage, isMasked: false), 1002 },
        { "RSV1 without an extension", RawClient.Frame(RawClient.Text, PingMessage, reservedBits: 4), 1002 },
        { "RSV2", RawClient.Frame(RawClient.Text, PingMessage, reservedBits: 2), 1002 },
        { "RSV3", RawClient.Frame(RawClient.Text, PingMessage, reservedBits: 1), 1002 },
        { "reserved opcode 3", RawClient.Frame(3, PingMessage), 1002 },
        { "reserved opcode 11", RawClient.Frame(11, PingMessage), 1002 },
        { "continuation without a start", RawClient.Frame(0, PingMessage), 1002 },
        { "new message inside a fragmented one", [.. RawClient.Frame(RawClient.Text, PingMessage, isLast: false), .. RawClient.Frame(RawClient.Text, PingMessage)], 1002 },
        { "fragmented ping", RawClient.Frame(RawClient.Ping, [], isLast: false), 1002 },
        { "ping of 126 bytes", RawClient.Frame(RawClient.Ping, new byte[126]), 1002 },
        { "close with one byte", RawClient.Frame(RawClient.Close, [3]), 1002 },
        { "close with code 1005", RawClient.Frame(RawClient.Close, [0x03, 0xed]), 1002 },
        { "close with code 999", RawClient.Frame(RawClient.Close, [0x03, 0xe7]), 1002 },
        { "length with the top bit set", [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4], 1002 },
        { "invalid UTF-8", RawClient.Frame(RawClient.Text, [0xc3, 0x28]), 1007 },
        { "surrogate in UTF-8", RawClient.Frame(RawClient.Text, [0xed, 0xa0, 0x80]), 1007 },
        { "UTF-8 cut at the end", RawClient.Frame(RawClient.Text, [0xe2, 0x9c]), 1007 },
        { "invalid UTF-8 split over fragments", [.. RawClient.Frame(RawClient.Text, [0xe2], isLast: false), .. RawClient.Frame(0, [0x28])], 1007 },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public async Task Frame_AgainstTheRules_ClosesOnlyItsConnectionWithTheCode(string what, byte[] bytes, int code)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient neighbour = await TestClient.ConnectAsync(server, "alice");
        using RawClient client = await RawClient.OpenAsync(server, "alice");

        await client.WriteAsync(bytes);

        int? closed = await client.ReadCloseAsync();
        Assert.True(closed == code, $"{what}: closed with {closed}");
        await client.WhenEndedAsync();
        server.EmitterFor("alice").Emit("note", new { });
        Assert.Equal(1, (await neighbour.NextEventAsync()).Id.Sequence);
    }

    [Fact]
    public async Task Fragments_EmptyWithoutEnd_CloseWithPolicy()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.OpenAsync(server, "alice");

        await client.SendAsync(RawClient.Text, [], isLast: false);
        byte[] many = [.. Enumerable.Range(0, 200).SelectMany(_ => RawClient.Frame(0, [], isLast: false))];
        await client.WriteAsync(many);

        Assert.Equal(1008, await client.ReadCloseAsync());
    }

    [Fact]
    public async Task Message_Empty_IsAnErrorAndTheConnectionStays()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.OpenAsync(server, "alice");

        await client.SendAsync("");
        await client.SendAsync(RawClient.Ping, "alive"u8.ToArray());

        List<string> texts = [];
        RawFrame? frame;
        while ((frame = await client.ReadFrameAsync()) is { Opcode: RawClient.Text })
        {
            texts.Add(Encoding.UTF8.GetString(frame.Payload));
        }

        Assert.Equal((RawClient.Pong, "alive"), (frame!.Opcode, Encoding.UTF8.GetString(frame.Payload)));
        if (!texts.Exists(IsBadRequest))
        {
            texts.Add(Encoding.UTF8.GetString((await client.ReadFrameAsync())!.Payload)); // the pong may overtake it
        }

        Assert.Contains(texts, IsBadRequest);

        static bool IsBadRequest(string text) => text.Contains("bad_request", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pong_NobodyAskedFor_IsIgnored()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.OpenAsync(server, "alice");

        await client.SendAsync(RawClient.Pong, "stale"u8.ToArray());
        await client.SendAsync("""{"type":"ping","ref":"p"}""");

        string text;
        do
        {
            text = Encoding.UTF8.GetString((await client.ReadFrameAsync())!.Payload);
        }
        while (!text.Contains("pong", StringComparison.Ordinal));
        Assert.Equal("""{"type":"pong","ref":"p"}""", text);
    }

    [Fact]
    public async Task Close_OfThePeer_IsAnsweredAndTheSocketEnds()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        using RawClient client = await RawClient.OpenAsync(server, "alice");

        await client.SendAsync(RawClient.Close, [0x03, 0xe8, (byte)'b', (byte)'y', (byte)'e']);
        await client.SendAsync("""{"type":"ping","ref":"after the close"}""");

        Assert.Equal(1000, await client.ReadCloseAsync());
        await client.WhenEndedAsync();
    }

    [Fact]
    public async Task Frame_HalfOfItThenGone_LeavesTheServerWell()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options => options.Limits.MaxConnectionsPerUser = 1);
        using CloseWatch closes = new(server);
        using (RawClient client = await RawClient.OpenAsync(server, "alice"))
        {
            await client.WriteAsync(RawClient.Frame(RawClient.Text, PingMessage)[..4]);
        }

        await closes.WhenClosedAsync(1006);
        await using TestClient next = await TestClient.ConnectAsync(server, "alice");
        Assert.Empty(await next.PingAsync());
    }
}
