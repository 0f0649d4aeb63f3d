using Netra.Realtime.Connections;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.StressTests.Cuts;
using Netra.Realtime.Testing;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.StressTests.Soak;

/// <summary>What takes a user's last place for a while and does what ends a connection: each in its own way, and with its own code.</summary>
internal sealed class Guest(RealtimeConnections connections, UserId user, SoakCounts counts)
{
    /// <summary>Comes, looks and leaves in order.</summary>
    public async Task VisitAsync()
    {
        FakeClient client = Connect();
        await client.StartedAsync();
        await LeaveAsync(client);
        CutCounts.Add(ref counts.Visitors);
    }

    /// <summary>Sends more than it may, far beyond the warning.</summary>
    public async Task FloodAsync()
    {
        FakeClient client = Connect();
        await client.NextAsync<WelcomeMessage>();
        for (int i = 0; i < 200; i++)
        {
            client.Send("""{"type":"ping"}""");
        }

        Assert.Equal(CloseReason.RateLimit, await client.EndedAsync());
        CutCounts.Add(ref counts.Floods);
    }

    public async Task SendBinaryAsync()
    {
        FakeClient client = Connect();
        await client.NextAsync<WelcomeMessage>();
        client.Transport.ClientSendBinary([1, 2, 3]);
        Assert.Equal(CloseReason.BinaryNotAccepted, await client.EndedAsync());
        CutCounts.Add(ref counts.Binary);
    }

    /// <summary>Takes the places that are left, and one more.</summary>
    public async Task TakeOneTooManyAsync(int left)
    {
        FakeClient[] others = [.. Enumerable.Range(0, left).Select(_ => Connect())];
        foreach (FakeClient other in others)
        {
            await other.NextAsync<WelcomeMessage>();
        }

        FakeClient refused = Connect();
        Assert.Equal(1013, (await refused.EndedAsync()).Code);
        Assert.Empty(await refused.ToEndAsync());
        foreach (FakeClient other in others)
        {
            await LeaveAsync(other);
        }

        CutCounts.Add(ref counts.OverLimit);
    }

    /// <summary>Vanishes without a word.</summary>
    public async Task VanishAsync()
    {
        FakeClient client = Connect();
        await client.NextAsync<WelcomeMessage>();
        client.Transport.GoSilent();

        // 16 to 20 s, and as long as the host stood still meanwhile, which on a busy machine it does for seconds at a time.
        await client.Run.WaitAsync(TimeSpan.FromMinutes(3));
        Assert.Equal(CloseReason.HeartbeatTimeout, await client.EndedAsync());
        CutCounts.Add(ref counts.Ghosts);
    }

    /// <summary>Never reads.</summary>
    public async Task StallAsync()
    {
        FakeClient client = Connect(stalled: true);
        Assert.Equal(CloseReason.SlowConsumer, await client.EndedAsync());
        CutCounts.Add(ref counts.Stalled);
    }

    private FakeClient Connect(bool stalled = false)
    {
        InMemoryTransport transport = new();
        if (stalled)
        {
            transport.Stall();
        }

        return new FakeClient(transport, () => connections.RunAsync(transport, new ConnectionRequest { User = user, Start = ReplayStart.Live }), answersClose: true);
    }

    private static async Task LeaveAsync(FakeClient client)
    {
        client.Transport.ClientClose();
        Assert.Equal(CloseReason.Normal, await client.EndedAsync());
    }
}
