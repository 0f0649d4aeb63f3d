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

    // A ping each 30 s: who vanishes has answered up to 30 s before, and then misses two.
    [Fact]
    public async Task Peers_ManyInMemoryForTenMinutes_ExactlyTheSilentAreGivenUpInTime()
    {
        const int Live = 400;
        const int Silent = 40;
        const int Batches = 5;
        TimeSpan step = TimeSpan.FromSeconds(0.5);
        await using RealtimeHarness realtime = new(options => options.Limits.MaxConnections = Live + (Batches * Silent));
        _ = realtime.Heartbeat; // its time begins
        FakeClient[] live = [.. Enumerable.Range(0, Live).Select(i => realtime.Connect(UserId.Create($"live-{i}")))];
        FakeClient[] silent = [.. Enumerable.Range(0, Batches * Silent).Select(i => realtime.Connect(UserId.Create($"silent-{i}")))];
        foreach (FakeClient client in live.Concat(silent))
        {
            await client.StartedAsync();
        }

        for (int batch = 1; batch <= Batches; batch++)
        {
            int before = realtime.Registry.Places.Taken;
            Array.ForEach(silent[((batch - 1) * Silent)..(batch * Silent)], client => client.Transport.GoSilent());
            Advance(realtime, TimeSpan.FromSeconds(59.5), step);
            Assert.Equal(before, realtime.Registry.Places.Taken); // nobody before it has missed two
            Advance(realtime, TimeSpan.FromSeconds(32), step);
            Assert.Equal(before - Silent, realtime.Registry.Places.Taken);
            Advance(realtime, TimeSpan.FromSeconds(38.5), step);
        }

        Assert.Equal(Live, realtime.Registry.Places.Taken);
        await realtime.AdvanceUntilAsync(Task.WhenAll(silent.Select(client => client.Run)), step);
        Assert.All(silent, client => Assert.Equal(CloseReason.HeartbeatTimeout, client.Run.Result));
        Assert.Equal((Live, Live), (realtime.Registry.Count, realtime.Registry.Wheel.Count));
        for (int i = 0; i < Live; i++)
        {
            realtime.Emitters.CreateFor(UserId.Create($"live-{i}")).Emit("note", i);
            Assert.Equal(1, (await live[i].UntilAsync<CustomEvent>()).Id.Sequence);
            await live[i].RoundTripAsync();
        }
    }

    [Fact]
    public async Task Connection_QuietForTenMinutes_IsStillThere()
    {
        await using RealtimeHarness realtime = new();
        _ = realtime.Heartbeat; // its time begins
        FakeClient quiet = realtime.Connect();
        await quiet.StartedAsync();

        Advance(realtime, TimeSpan.FromMinutes(11), TimeSpan.FromSeconds(1));

        Assert.True(quiet.Transport.ReceivedBytes > 0); // it was asked and has answered
        Assert.Equal((1, 1), (realtime.Registry.Count, realtime.Registry.Places.Taken));
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("note", 1);
        Assert.Equal(1, (await quiet.UntilAsync<CustomEvent>()).Id.Sequence);
        await quiet.RoundTripAsync();
        quiet.Transport.ClientClose();
        await quiet.EndedAsync();
    }

    // Ticks and sweeps are called, as their timers would: a fake clock fires its timers on whichever thread looks at it.
    private static void Advance(RealtimeHarness realtime, TimeSpan time, TimeSpan step)
    {
        for (TimeSpan passed = step; passed <= time; passed += step)
        {
            realtime.Time.Advance(step);
            realtime.Heartbeat.Tick();
            if (passed.Ticks % TimeSpan.FromSeconds(30).Ticks == 0)
            {
                realtime.Sweeper.Sweep();
            }
        }
    }
}
