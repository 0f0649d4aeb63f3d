using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Testing;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Tests.Connections;

/// <summary>A transport that does what none should: it costs its connection, and nothing else.</summary>
public sealed class TransportFaultTests
{
    [Theory]
    [InlineData(Fault.ReceiveIsOutOfMemory)]
    [InlineData(Fault.WriteIsOutOfMemory)]
    [InlineData(Fault.CloseIsOutOfMemory)]
    public async Task Memory_RunsOutInOneConnection_EndsOnlyThatOne(Fault fault)
    {
        await using RealtimeHarness realtime = new();
        FakeClient neighbour = realtime.Connect();
        FakeClient stranger = realtime.Connect(RealtimeHarness.Bob);
        await neighbour.StartedAsync();
        await stranger.StartedAsync();
        FaultyTransport transport = new();
        FakeClient faulty = Connect(realtime, transport);
        await faulty.StartedAsync();

        transport.Fault = fault;
        faulty.Send("""{"type":"ping"}""");
        EmitResult emitted = realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("note", 1);
        if (fault == Fault.CloseIsOutOfMemory)
        {
            faulty.Transport.ClientClose();
        }

        Assert.Equal(fault == Fault.CloseIsOutOfMemory ? CloseReason.Normal : CloseReason.Abnormal, await faulty.EndedAsync());
        Assert.True(emitted.IsInLog);
        Assert.Equal(emitted.EventId, (await neighbour.NextAsync<CustomEvent>()).Id);
        await neighbour.RoundTripAsync();
        await stranger.RoundTripAsync();
        Assert.Equal((2, 2), (realtime.Registry.Count, realtime.Registry.Places.Taken));
        (_, List<AgentEvent> replay) = await realtime.Connect(with: request => request with { LastEventId = emitted.EventId.At(0).ToString() }).StartedAsync();
        Assert.Equal(emitted.EventId, Assert.Single(replay).Id);
    }

    [Fact]
    public async Task Close_NeitherReadNorWriteNorCloseEverReturn_EverythingIsFreedAtTheDeadlines()
    {
        await using RealtimeHarness realtime = new();
        FaultyTransport transport = new() { Fault = Fault.NothingReturns };
        FakeClient client = Connect(realtime, transport);
        ConnectionTests.ConnectionsOf(realtime).Single().Close(CloseReason.Revoked);
        Assert.Equal(0, realtime.Registry.Places.Taken);

        await realtime.AdvanceUntilAsync(client.Run, TimeSpan.FromSeconds(0.1));

        Assert.Equal(CloseReason.Revoked, await client.Run);
        Assert.Equal((0, true), (realtime.Registry.Count, transport.IsDisposed));
        lock (realtime.Sessions.Find(RealtimeHarness.Alice)!.Gate)
        {
            Assert.Empty(realtime.Sessions.Find(RealtimeHarness.Alice)!.Log.CursorsLocked);
        }
    }

    private static FakeClient Connect(RealtimeHarness realtime, FaultyTransport transport) => new(
        transport.Inner, () => realtime.Connections.RunAsync(transport, new ConnectionRequest { User = RealtimeHarness.Alice }), answersClose: false);

    public enum Fault
    {
        None,
        ReceiveIsOutOfMemory,
        WriteIsOutOfMemory,
        CloseIsOutOfMemory,
        NothingReturns,
    }

    private sealed class FaultyTransport : IWebSocketTransport
    {
        private readonly TaskCompletionSource<ReceivedMessage> _never = new();

        public InMemoryTransport Inner { get; } = new();

        public Fault Fault { get; set; }

        public bool IsDisposed { get; private set; }

        public bool CanPing => false;

        public long ReceivedBytes => 0;

        public async ValueTask<ReceivedMessage> ReceiveAsync(int maxMessageBytes, CancellationToken cancellationToken = default)
        {
            if (Fault == Fault.NothingReturns)
            {
                return await _never.Task;
            }

            ReceivedMessage message = await Inner.ReceiveAsync(maxMessageBytes, cancellationToken);
            return Fault == Fault.ReceiveIsOutOfMemory ? RunOutOfMemory<ReceivedMessage>() : message;
        }

        public async ValueTask DrainAsync(CancellationToken cancellationToken = default)
        {
            if (Fault == Fault.NothingReturns)
            {
                await _never.Task;
            }

            await Inner.DrainAsync(cancellationToken);
        }

        public ValueTask WriteAsync(MessageBatch batch) => Fault switch
        {
            Fault.WriteIsOutOfMemory => RunOutOfMemory<ValueTask>(),
            Fault.NothingReturns => new(_never.Task),
            _ => Inner.WriteAsync(batch),
        };

        public ValueTask PingAsync(ReadOnlyMemory<byte> payload) => throw new NotSupportedException();

        public ValueTask CloseAsync(int code, string reason) => Fault switch
        {
            Fault.CloseIsOutOfMemory => RunOutOfMemory<ValueTask>(),
            Fault.NothingReturns => new(_never.Task),
            _ => Inner.CloseAsync(code, reason),
        };

        public void Abort()
        {
            if (Fault != Fault.NothingReturns)
            {
                Inner.Abort();
            }
        }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return Fault == Fault.NothingReturns ? ValueTask.CompletedTask : Inner.DisposeAsync();
        }

        // No string is as long: the runtime says so at once, and takes nothing.
        private static T RunOutOfMemory<T>()
        {
            GC.KeepAlive(new string('x', int.MaxValue));
            throw new InvalidOperationException("There was enough.");
        }
    }
}
