using System.Text;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.TestSupport;

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
        { "reserved opcode 7", RawClient.Frame(7, []), 1002 },
        { "reserved opcode 15", RawClient.Frame(15, []), 1002 },
        { "RSV1 on a ping", RawClient.Frame(RawClient.Ping, [], reservedBits: 4), 1002 },
        { "RSV1 on a continuation", [.. RawClient.Frame(RawClient.Text, PingMessage, isLast: false), .. RawClient.Frame(0, [], reservedBits: 4)], 1002 },
        { "unmasked inside a message", [.. RawClient.Frame(RawClient.Text, PingMessage, isLast: false), .. RawClient.Frame(0, PingMessage, isMasked: false)], 1002 },
        { "binary inside a text", [.. RawClient.Frame(RawClient.Text, PingMessage, isLast: false), .. RawClient.Frame(RawClient.Binary, [0])], 1002 },
        { "fragmented close", RawClient.Frame(RawClient.Close, [], isLast: false), 1002 },
        { "fragmented ping", RawClient.Frame(RawClient.Ping, [], isLast: false), 1002 },
        { "ping of 126 bytes", RawClient.Frame(RawClient.Ping, new byte[126]), 1002 },
        { "close with one byte", RawClient.Frame(RawClient.Close, [3]), 1002 },
        { "close with code 1005", RawClient.Frame(RawClient.Close, [0x03, 0xed]), 1002 },
        { "close with code 999", RawClient.Frame(RawClient.Close, [0x03, 0xe7]), 1002 },
        { "close with code 1004", RawClient.Frame(RawClient.Close, [0x03, 0xec]), 1002 },
        { "close with code 1006", RawClient.Frame(RawClient.Close, [0x03, 0xee]), 1002 },
        { "close with code 1015", RawClient.Frame(RawClient.Close, [0x03, 0xf7]), 1002 },
        { "close with code 5000", RawClient.Frame(RawClient.Close, [0x13, 0x88]), 1002 },
        { "bad close inside a message", [.. RawClient.Frame(RawClient.Text, PingMessage, isLast: false), .. RawClient.Frame(RawClient.Close, [0x03, 0xed])], 1002 },
        { "length with the top bit set", [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4], 1002 },
        { "invalid UTF-8", RawClient.Frame(RawClient.Text, [0xc3, 0x28]), 1007 },
        { "surrogate in UTF-8", RawClient.Frame(RawClient.Text, [0xed, 0xa0, 0x80]), 1007 },
        { "UTF-8 cut at the end", RawClient.Frame(RawClient.Text, [0xe2, 0x9c]), 1007 },
        { "invalid UTF-8 split over fragments", [.. RawClient.Frame(RawClient.Text, [0xe2], isLast: false), .. RawClient.Frame(0, [0x28])], 1007 },
    };

    /// <summary>What own framing is stricter in than the framework's: it takes a longer length form, and waits for the end of a frame.</summary>
    public static TheoryData<string, byte[], int> ViolationsOfOwnFraming { get; } = new()
    {
        { "125 in 16 bits", [0x81, 0xfe, 0, 125, 1, 2, 3, 4], 1002 },
        { "65,535 in 64 bits", [0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4], 1002 },
        { "2^63 - 1 and no payload", [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4], 1009 },
        { "one byte above the limit and no payload", [0x81, 0xfe, 0x80, 0x01, 1, 2, 3, 4], 1009 },
        { "invalid UTF-8 in a frame that does not end", RawClient.Frame(RawClient.Text, [0xff, .. new byte[100]])[..^100], 1007 },
        { "close with invalid UTF-8", RawClient.Frame(RawClient.Close, [0x03, 0xe8, 0xff]), 1002 },
        { "fragments of one byte", [.. Enumerable.Range(0, 200).SelectMany(i => RawClient.Frame(i == 0 ? RawClient.Text : 0, [(byte)'x'], isLast: false))], 1008 },
        { "pings", [.. Enumerable.Range(0, 1_000).SelectMany(_ => RawClient.Frame(RawClient.Ping, [(byte)'x']))], 1008 },
        { "pongs", [.. Enumerable.Range(0, 1_000).SelectMany(_ => RawClient.Frame(RawClient.Pong, [(byte)'x']))], 1008 },
    };

    [Theory]
    [MemberData(nameof(ViolationsOfOwnFraming))]
    public Task Frame_ThatOnlyOwnFramingRefuses_ClosesOnlyItsConnectionWithTheCode(string what, byte[] bytes, int code) =>
        TestTransport.IsSystemNet ? Task.CompletedTask : Frame_AgainstTheRules_ClosesOnlyItsConnectionWithTheCode(what, bytes, code);

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
