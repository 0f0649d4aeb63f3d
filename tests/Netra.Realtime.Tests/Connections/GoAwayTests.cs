using System.Diagnostics.Metrics;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

public sealed class GoAwayTests
{
    [Fact]
    public async Task Stop_WithConnections_TellsEachAnotherMomentToComeBack()
    {
        await using RealtimeHarness realtime = new(options => options.Delivery.ReconnectWithin = TimeSpan.FromSeconds(100));
        FakeClient[] clients = [.. Enumerable.Range(0, 50).Select(i => realtime.Connect(UserId.Create($"user-{i}")))];

        await realtime.Connections.StopAsync(CancellationToken.None).OrFail();

        List<long> delays = [];
        foreach (FakeClient client in clients)
        {
            Assert.Equal(CloseReason.ServiceRestart, await client.EndedAsync());
            GoAwayMessage told = Assert.IsType<GoAwayMessage>((await client.ToEndAsync())[^1]);
            Assert.Equal("service restart", told.Reason);
            delays.Add(told.ReconnectInMs);
        }
        Assert.All(delays, delay => Assert.InRange(delay, 0, 100_000));
        Assert.True(delays.Distinct().Count() > 40, "They are at random.");
        Assert.True(delays.Max() > 50_000 && delays.Min() < 50_000, "They are spread."); // by chance not so once in 2^49
    }

    [Fact]
    public async Task Stop_NoTimeToSpread_ReconnectsAtOnce()
    {
        await using RealtimeHarness realtime = new(options => options.Delivery.ReconnectWithin = TimeSpan.Zero);
        FakeClient client = realtime.Connect();

        await realtime.Connections.StopAsync(CancellationToken.None).OrFail();

        Assert.Equal(0, Assert.IsType<GoAwayMessage>((await client.ToEndAsync())[^1]).ReconnectInMs);
    }

    // What listens to the meter is called between the connection's being found and its welcome: the moment that a race would have to hit.
    [Fact]
    public async Task Stop_BeforeTheWelcome_SaysNothingAheadOfItAndCloses()
    {
        await using RealtimeHarness realtime = new();
        Task stop = Task.CompletedTask;
        Meter meter = realtime.Registry.Metrics.Meter;
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "netra.realtime.connections.open" && instrument.Meter == meter)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, change, _, _) => stop = change > 0 ? realtime.Connections.StopAsync(CancellationToken.None) : stop);
        listener.Start();

        FakeClient client = realtime.Connect();
        await client.Run.OrFail();
        await stop.OrFail();

        Assert.IsType<WelcomeMessage>((await client.ToEndAsync())[0]);
        Assert.Equal(CloseReason.ServiceRestart, await client.EndedAsync());
    }

    [Fact]
    public async Task Stop_WhileAClientIsBehind_ItGetsAllThatTheLogHasBeforeTheClose()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        client.Transport.Stall();
        string text = new('x', 4_000);
        for (int i = 0; i < 40; i++)
        {
            realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("note", text); // ten reads
        }

        Task stop = realtime.Connections.StopAsync(CancellationToken.None);
        Assert.False(stop.IsCompleted);
        client.Transport.Resume();
        await stop.OrFail();

        List<ServerMessage> messages = await client.ToEndAsync();
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), messages.OfType<CustomEvent>().Select(e => e.Id.Sequence));
        Assert.Single(messages.OfType<GoAwayMessage>());
        Assert.Equal(CloseReason.ServiceRestart, await client.EndedAsync());
        Assert.Equal(0, realtime.Sessions.Pool.Counters.Undelivered);
    }

    [Fact]
    public async Task Stop_PeerThatDoesNotRead_IsClosedAfterTheCloseTimeoutAndHoldsUpNobody()
    {
        await using RealtimeHarness realtime = new(options => options.Delivery.SendTimeout = TimeSpan.FromHours(1));
        FakeClient stuck = realtime.Connect(answersClose: false);
        await stuck.StartedAsync();
        FakeClient other = realtime.Connect(RealtimeHarness.Bob);
        await other.StartedAsync();
        stuck.Transport.Stall();
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("note", 1);

        Task stop = realtime.Connections.StopAsync(CancellationToken.None);
        Assert.Equal(CloseReason.ServiceRestart, await other.EndedAsync()); // and no time has passed
        realtime.Time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.Null(Assert.Single(ConnectionTests.ConnectionsOf(realtime)).CloseReason);

        await realtime.AdvanceUntilAsync(stop, TimeSpan.FromMilliseconds(100));
        await realtime.AdvanceUntilAsync(stuck.Run, TimeSpan.FromMilliseconds(100)); // the clock may have run ahead of its close
        Assert.Equal(CloseReason.ServiceRestart, await stuck.Run.OrFail());
    }

    [Fact]
    public async Task Stop_TimeIsOver_ClosesTheRestAtOnceAsGoingAway()
    {
        await using RealtimeHarness realtime = new(options => options.Delivery.SendTimeout = TimeSpan.FromHours(1));
        FakeClient stuck = realtime.Connect(answersClose: false);
        await stuck.StartedAsync();
        stuck.Transport.Stall();
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("note", 1);
        using CancellationTokenSource time = new();
        Task stop = realtime.Connections.StopAsync(time.Token);

        await time.CancelAsync();
        await stop.OrFail();

        await realtime.AdvanceUntilAsync(stuck.Run, TimeSpan.FromSeconds(1));
        Assert.Equal(CloseReason.GoingAway, await stuck.Run.OrFail());
    }
}
