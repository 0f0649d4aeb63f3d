using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Hosting;

/// <summary>A violation is answered, and the answer is not lost to a reset, whatever the peer sends behind it.</summary>
public sealed class CloseCodeArrivesTests
{
    private const int Connections = 1_000;
    private const int AtATime = 250;

    private static readonly byte[][] Violations =
    [
        RawClient.Frame(RawClient.Text, "{}"u8.ToArray(), reservedBits: 4),
        RawClient.Frame(RawClient.Text, "{}"u8.ToArray(), isMasked: false),
        RawClient.Frame(0, "{}"u8.ToArray()),
        RawClient.Frame(3, "{}"u8.ToArray()),
        RawClient.Frame(RawClient.Ping, new byte[126]),
        RawClient.Frame(RawClient.Ping, [], isLast: false),
        RawClient.Frame(RawClient.Close, [0x03]),
    ];

    public enum Host
    {
        Kestrel,
        KestrelWithTls,
        Listener,
        ListenerWithTls,
    }

    [Theory]
    [InlineData(Host.Kestrel)]
    [InlineData(Host.KestrelWithTls)]
    [InlineData(Host.Listener)]
    [InlineData(Host.ListenerWithTls)]
    public async Task Violation_BetweenAMessageAndAPingInOneSegment_IsAnsweredAfterTheMessageAndEndsCleanly(Host host)
    {
        if (TestTransport.IsSystemNet)
        {
            return; // it promises no such thing
        }

        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.UsesListener = host is Host.Listener or Host.ListenerWithTls;
            setup.UsesTls = host == Host.KestrelWithTls;
            setup.Listener = listener => listener.Tls = host == Host.ListenerWithTls ? TestCertificate.ServerOptions : null;
            setup.Options = options => options.Limits.MaxConnections = Connections;
        });
        using SemaphoreSlim turn = new(AtATime);

        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, Connections).Select(async i =>
        {
            await turn.WaitAsync();
            try
            {
                return await ViolateAsync(server, host, i);
            }
            finally
            {
                turn.Release();
            }
        })).WaitAsync(2 * TestTimeout.Net);

        Assert.All(answers, (answer, i) => Assert.Equal(new Answer($"pong-{i}", 1002, IsCleanEnd: true), answer));
        await server.Registry.WhenEmptyAsync().OrFail();
    }

    private static async Task<Answer> ViolateAsync(RealtimeServer server, Host host, int i)
    {
        using RawClient client = host is Host.ListenerWithTls or Host.KestrelWithTls ? await RawClient.ConnectTlsAsync(server.EndPoint) : await RawClient.ConnectAsync(server.EndPoint);
        Assert.Equal(101, (await client.HandshakeAsync(server, $"user-{i}")).Status);
        byte[] message = RawClient.Frame(RawClient.Text, System.Text.Encoding.UTF8.GetBytes($$"""{"type":"ping","ref":"pong-{{i}}"}"""));
        await client.WriteAsync([.. message, .. Violations[i % Violations.Length], .. RawClient.Frame(RawClient.Ping, "still there?"u8.ToArray())]);

        (IReadOnlyList<ServerMessage> messages, int? code) = await client.ReadToEndAsync();
        return new Answer(messages.OfType<PongMessage>().SingleOrDefault()?.Ref, code, await client.IsAtCleanEndAsync());
    }

    private sealed record Answer(string? Echo, int? Code, bool IsCleanEnd);
}
