using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>A connection that is closed, cut or evicted leaves nothing: no place, no entry, no cursor, and in the end no session and no memory.</summary>
public sealed class Case07CleanUpTests
{
    public enum End
    {
        Closed,
        Cut,
        Evicted,
    }

    [Theory]
    [InlineData(End.Closed)]
    [InlineData(End.Cut)]
    [InlineData(End.Evicted)]
    public async Task Connection_HoweverItEnds_LeavesNothing(End end)
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Services = services => services.AddSingleton<TimeProvider>(time));
        using OpenConnections open = new(server);
        SessionDirectory sessions = server.Services.GetRequiredService<SessionDirectory>();
        await using TestClient leaving = await TestClient.ConnectAsync(server, "alice", "client=tab");
        server.EmitterFor("alice", "t-1").Emit("note", new { });
        await leaving.NextEventAsync();
        await open.WhenAsync(1); // the welcome may come before the entry
        Assert.Equal((1, 1, 1), (server.Registry.Count, server.Registry.Places.Taken, Cursors(sessions)));
        Assert.True(sessions.Pool.BytesInUse > 0);

        await EndAsync(server, leaving, end);

        await open.WhenAsync(0);
        Assert.Equal((0, 0, 0), (server.Registry.Count, server.Registry.Places.Taken, Cursors(sessions)));
        time.Advance(TimeSpan.FromSeconds(181));
        sessions.Sweep();
        Assert.Equal((0, 0L), (sessions.Count, sessions.Pool.BytesInUse));
    }

    private static int Cursors(SessionDirectory sessions)
    {
        UserSession session = sessions.Find(UserId.Create("alice"))!;
        lock (session.Gate)
        {
            return session.Log.CursorsLocked.Length;
        }
    }

    private static async Task EndAsync(RealtimeServer server, TestClient client, End end)
    {
        switch (end)
        {
            case End.Closed:
                Assert.Equal(1000, (await client.CloseAsync()).Code);
                break;
            case End.Cut:
                client.Abort();
                break;
            default:
                await using (TestClient newcomer = await TestClient.ConnectAsync(server, "alice", "client=tab"))
                {
                    Assert.Equal(4509, (await client.Closed).Code);
                    Assert.Equal(1, server.Registry.Places.Taken);
                    await newcomer.CloseAsync();
                }

                break;
        }
    }
}
