using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Testing;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Tests.Connections;

public sealed class RealtimeConnectionCloseTests
{
    [Fact]
    public async Task Close_CallbackOfAHandlerBlocks_TheCloseFrameIsSentAndTheConnectionEnds()
    {
        using BlockingGate gate = new();
        await using RealtimeHarness realtime = new(build: builder => builder.MapMessage<object>("ask", (_, context) =>
        {
            context.ConnectionClosed.Register(gate.Block);
            return Task.CompletedTask;
        }));
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        client.Send("""{"type":"ask","ref":"a1"}""");
        await client.NextAsync<ReplyMessage>();

        ConnectionTests.ConnectionsOf(realtime).Single().Close(CloseReason.Revoked);

        Assert.Equal((4500, "revoked"), await client.Transport.Closed.OrFail());
        await realtime.AdvanceUntilAsync(client.Run, TimeSpan.FromSeconds(0.1));
        Assert.Equal(CloseReason.Revoked, await client.EndedAsync());
        Assert.True(gate.Held);
    }

    [Fact]
    public async Task Close_CallbackOfAHandlerThrows_EndsInOrder()
    {
        await using RealtimeHarness realtime = new(build: builder => builder.MapMessage<object>("ask", (_, context) =>
        {
            context.ConnectionClosed.Register(() => throw new InvalidOperationException());
            return Task.CompletedTask;
        }));
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        client.Send("""{"type":"ask","ref":"a1"}""");
        await client.NextAsync<ReplyMessage>();

        ConnectionTests.ConnectionsOf(realtime).Single().Close(CloseReason.Revoked);

        Assert.Equal((4500, "revoked"), await client.Transport.Closed.OrFail());
        Assert.Equal(CloseReason.Revoked, await client.EndedAsync());
        Assert.Equal(0, realtime.Registry.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Close_TransportThrowsWhenAborted_EndsAllTheSame(bool disposeThrowsToo)
    {
        await using RealtimeHarness realtime = new();
        InMemoryTransport transport = new();
        FakeClient client = new(
            transport,
            () => realtime.Connections.RunAsync(new AbortThrowsTransport(transport, disposeThrowsToo), new ConnectionRequest { User = RealtimeHarness.Alice }),
            answersClose: false);
        await client.StartedAsync();
        ConnectionTests.ConnectionsOf(realtime).Single().Close(CloseReason.Revoked);

        await realtime.AdvanceUntilAsync(client.Run, TimeSpan.FromSeconds(0.1));

        Assert.Equal(CloseReason.Revoked, await client.EndedAsync());
        Assert.Equal((0, 0), (realtime.Registry.Count, realtime.Registry.Places.Taken));
    }

    [Fact]
    public async Task SendAttempts_FlushEndsJustInTime_IdleAfterwardsStaysOpen()
    {
        await using RealtimeHarness realtime = new();
        using ConnectionTests.MetricProbe attempts = new(realtime, "netra.realtime.delivery.attempts_failed");
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        client.Transport.Stall();
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("slow", 1);
        realtime.Time.Advance(TimeSpan.FromSeconds(1.9));
        client.Transport.Resume();
        await client.NextAsync<CustomEvent>();
        await client.RoundTripAsync(); // what is written after the flush is written after its end was noted

        for (int i = 0; i < 100; i++)
        {
            realtime.Time.Advance(TimeSpan.FromSeconds(0.1));
        }

        Assert.Null(ConnectionTests.ConnectionsOf(realtime).Single().CloseReason);
        Assert.Equal(0, attempts.Sum);
        await client.RoundTripAsync();
    }

    [Fact]
    public async Task SendAttempts_TimerFiresAfterTheFlushEnded_CountsNothing()
    {
        TimerProbe time = new();
        await using RealtimeHarness realtime = new(build: builder => builder.Services.AddSingleton<TimeProvider>(time));
        using ConnectionTests.MetricProbe attempts = new(realtime, "netra.realtime.delivery.attempts_failed");
        FakeClient client = realtime.Connect();
        await client.StartedAsync();
        client.Transport.Stall();
        realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("slow", 1);
        Action fire = Assert.Single(time.OfConnections);
        client.Transport.Resume();
        await client.NextAsync<CustomEvent>();
        await client.RoundTripAsync();

        for (int i = 0; i < 10; i++)
        {
            fire();
        }

        Assert.Null(ConnectionTests.ConnectionsOf(realtime).Single().CloseReason);
        Assert.Equal(0, attempts.Sum);
    }

    [Theory]
    [InlineData(1, 1_000)]
    [InlineData(1_100, 1_100)]
    public async Task IsOverloaded_AsManySocketsAreBeingRefusedAsAllowed_UntilTheyEnd(int maxConnections, int refused)
    {
        await using RealtimeHarness realtime = new(options => (options.Limits.MaxConnections, options.Limits.MaxConnectionsPerUser) = (maxConnections, 2_000));
        for (int i = 0; i < maxConnections; i++)
        {
            realtime.Connect();
        }
        List<FakeClient> clients = [];
        for (int i = 0; i < refused; i++)
        {
            Assert.False(realtime.Connections.IsOverloaded);
            clients.Add(realtime.Connect(RealtimeHarness.Bob, answersClose: false));
        }
        Assert.True(realtime.Connections.IsOverloaded);

        foreach (FakeClient client in clients)
        {
            await client.Transport.Closed.OrFail();
            client.Transport.ClientClose();
            Assert.Equal(CloseReason.TotalConnectionLimit, await client.EndedAsync());
        }

        Assert.False(realtime.Connections.IsOverloaded);
        Assert.Equal(0, realtime.Registry.Refusing);
    }

    // Knows the callbacks of the timers of connections, so that a test can be the timer that fires too late.
    private sealed class TimerProbe : FakeTimeProvider
    {
        public List<Action> OfConnections { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (state is RealtimeConnection)
            {
                OfConnections.Add(() => callback(state));
            }
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    private sealed class AbortThrowsTransport(InMemoryTransport inner, bool disposeThrowsToo) : IWebSocketTransport
    {
        public bool CanPing => inner.CanPing;

        public long ReceivedBytes => inner.ReceivedBytes;

        public ValueTask<ReceivedMessage> ReceiveAsync(int maxMessageBytes, CancellationToken cancellationToken = default) =>
            inner.ReceiveAsync(maxMessageBytes, cancellationToken);

        public ValueTask DrainAsync(CancellationToken cancellationToken = default) => inner.DrainAsync(cancellationToken);

        public ValueTask WriteAsync(MessageBatch batch) => inner.WriteAsync(batch);

        public ValueTask PingAsync(ReadOnlyMemory<byte> payload) => inner.PingAsync(payload);

        public ValueTask CloseAsync(int code, string reason) => inner.CloseAsync(code, reason);

        public void Abort() => throw new InvalidOperationException();

        public ValueTask DisposeAsync() => disposeThrowsToo ? throw new InvalidOperationException() : inner.DisposeAsync();
    }
}
