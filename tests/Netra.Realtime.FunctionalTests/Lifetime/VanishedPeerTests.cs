using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Connections;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.FunctionalTests.ForeignPeers;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport.Faults;
using Xunit.Abstractions;

namespace Netra.Realtime.FunctionalTests.Lifetime;

/// <summary>A peer behind a line that goes dead: no FIN, no RST. It is given up within the bound although neither the read nor a flush ever returns.</summary>
public sealed class VanishedPeerTests(ITestOutputHelper output)
{
    private static readonly string Text = new('x', 16 * 1024);

    [VethPeerTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Peer_WhoseNetworkIsGone_IsGivenUpWithinTheBoundAndLeavesNothing(bool isFlushing)
    {
        await using VethLine line = await VethLine.CreateAsync();
        await using RealtimeServer server = await StartAsync(line.Address);
        await using PeerProcess peer = PeerProcess.Start(PeerTools.Python, "peer.py", line.Namespace);
        await peer.ConnectAsync(server, "alice");
        await peer.NextAsync("open");
        WelcomeMessage welcome = Assert.IsType<WelcomeMessage>(await peer.NextMessageAsync());

        await line.CutAsync();
        await GivesUpAsync(server, welcome.ConnectionId, isFlushing);

        Assert.Contains(" 01 ", await File.ReadAllTextAsync($"/proc/{peer.Id}/net/tcp"), StringComparison.Ordinal); // to its kernel it is connected still
    }

    [FramedTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Peer_BehindAProxyThatSwallowsEverything_IsGivenUpWithinTheBoundAndLeavesNothing(bool isFlushing)
    {
        await using RealtimeServer server = await StartAsync(IPAddress.Loopback);
        await using FaultProxy proxy = new(server.EndPoint);
        FaultLink link = proxy.Expect(new Fault(FaultKind.Stall, Text.Length));
        await using TestClient client = await TestClient.OpenAsync(
            new Uri($"ws://{proxy.EndPoint}/ws"), options => options.SetRequestHeader(TestAuthentication.UserHeader, "alice"));
        WelcomeMessage welcome = Assert.IsType<WelcomeMessage>(await client.NextAsync());

        server.EmitterFor("alice").Emit("note", Text);
        await link.Broken;
        await GivesUpAsync(server, welcome.ConnectionId, isFlushing);

        Assert.True(client.IsOpen);
    }

    private static Task<RealtimeServer> StartAsync(IPAddress address) => RealtimeServer.StartAsync(setup =>
    {
        setup.Options = options =>
        {
            TestHeartbeat.Configure(options.Heartbeat);
            options.Delivery.SendTimeout = TestHeartbeat.SendTimeout;
            options.Delivery.CloseTimeout = TimeSpan.FromSeconds(1); // nobody answers the close
            options.Retention.MaxBytes = 4 * 1024 * 1024; // or the log would be overrun, and the connection closed for that
        };
        setup.Services = services => services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(address, 0));
        setup.Listener = listener => listener.EndPoint = new IPEndPoint(address, 0);
    });

    private async Task GivesUpAsync(RealtimeServer server, ConnectionId id, bool isFlushing)
    {
        Stopwatch silent = Stopwatch.StartNew();
        RealtimeConnection connection = server.Registry.Find(id)!; // it was welcomed
        if (isFlushing)
        {
            for (int i = 0; i < 64; i++) // 1 MiB: more than all buffers on the way
            {
                Assert.True(server.EmitterFor("alice").Emit("note", Text).IsInLog);
            }

            await Condition.WhenAsync(() => IsFlushing(server), TestHeartbeat.Slack);
        }

        // A flush without progress has a bound of its own, which in Production is the shorter one.
        bool isSlow = isFlushing && TestHeartbeat.FlushGivenUpAfter < TestHeartbeat.GivenUpAfter;
        TimeSpan bound = isSlow ? TestHeartbeat.FlushGivenUpAfter : TestHeartbeat.GivenUpAfter;
        await Condition.WhenAsync(() => connection.CloseReason is not null, bound + TestHeartbeat.Slack);
        TimeSpan givenUp = silent.Elapsed;
        TimeSpan freed = await Condition.WhenAsync(() => Holdings.Of(server, "alice") == Holdings.None, TestHeartbeat.Slack);

        output.WriteLine($"given up after {givenUp.TotalSeconds:F1} s, freed {freed.TotalSeconds:F1} s later");
        Assert.Equal(isSlow ? 4408 : 4407, connection.CloseReason!.Code);
        Assert.InRange(givenUp, isSlow ? TestHeartbeat.FlushGivenUpAfter - TestHeartbeat.SendTimeout : TestHeartbeat.NotGivenUpBefore, bound + TestHeartbeat.Slack);
        Assert.Equal((isSlow ? 0 : 1, 1), (server.Registry.Metrics.Heartbeat.TimeoutsDetected, server.Registry.Metrics.DroppedCount));
    }

    private static bool IsFlushing(RealtimeServer server)
    {
        UserSession session = server.Services.GetRequiredService<SessionDirectory>().Find(UserId.Create("alice"))!; // it has connected
        lock (session.Gate)
        {
            return session.Log.CursorsLocked.Any(cursor => cursor.IsFlushing);
        }
    }
}
