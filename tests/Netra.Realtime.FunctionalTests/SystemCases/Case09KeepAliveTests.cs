using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.SystemCases;

/// <summary>By itself: the deadline of a pong is of real time, and the floods of other tests would keep the pongs waiting.</summary>
[CollectionDefinition(nameof(Case09KeepAliveTests), DisableParallelization = true)]
public sealed class WaitsForPongs;

/// <summary>Of many connections none that lives is lost and none that is gone is kept.</summary>
[Collection(nameof(Case09KeepAliveTests))]
public sealed class Case09KeepAliveTests
{
    [Fact]
    public async Task Peers_ManyThatAnswerAndSomeThatDoNot_ExactlyTheSilentAreGivenUp()
    {
        const int Live = 50;
        const int Silent = 20;
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Heartbeat.Interval = TimeSpan.FromSeconds(1);
            options.Heartbeat.Timeout = TimeSpan.FromSeconds(8); // far above what a busy machine keeps a pong waiting
        });
        using OpenConnections open = new(server);
        TestClient[] live = await Task.WhenAll(Enumerable.Range(0, Live).Select(i => TestClient.ConnectAsync(server, $"live-{i}"))).OrFail();
        await open.WhenAsync(Live);
        RawClient[] silent = await Task.WhenAll(Enumerable.Range(0, Silent).Select(i => RawClient.OpenAsync(server, $"silent-{i}"))).OrFail();

        await Task.WhenAll(silent.Select(client => client.WhenEndedAsync())).OrFail();
        await open.WhenAsync(Live);

        Assert.Equal((Live, Live), (server.Registry.Count, server.Registry.Places.Taken));
        for (int i = 0; i < Live; i++)
        {
            server.EmitterFor($"live-{i}").Emit("note", new { Owner = i });
            Assert.Equal($$"""{"owner":{{i}}}""", Assert.IsType<CustomEvent>(await live[i].NextEventAsync()).Payload.GetRawText());
            Assert.Empty(await live[i].PingAsync());
            await live[i].DisposeAsync();
        }

        Array.ForEach(silent, client => client.Dispose());
    }

    [Fact]
    public async Task Connection_QuietForTenMinutes_IsStillThere()
    {
        await using RealtimeHarness realtime = new();
        FakeClient quiet = realtime.Connect();
        await quiet.StartedAsync();

        for (int second = 0; second < 600; second++)
        {
            realtime.Time.Advance(TimeSpan.FromSeconds(1));
            if (second % 30 == 0)
            {
                realtime.Sweeper.Sweep();
            }
        }

        Assert.Equal((1, 1), (realtime.Registry.Count, realtime.Registry.Places.Taken));
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("note", 1);
        Assert.Equal(1, (await quiet.UntilAsync<CustomEvent>()).Id.Sequence);
        await quiet.RoundTripAsync();
        quiet.Transport.ClientClose();
        await quiet.EndedAsync();
    }
}
