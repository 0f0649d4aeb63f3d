using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.Testing;
using Netra.Realtime.TestSupport;
using Netra.Realtime.Transports;

namespace Netra.Realtime.Tests.Connections;

/// <summary>What expires unread while a flush hangs; the send attempts are out of the way.</summary>
public sealed class ConnectionWriterTests
{
    // The log grows by the same in both: what is compared is what a reader who does not read adds to it.
    [Fact]
    public async Task Emit_ReaderStalls_AllocatesNoMoreThanForNobody()
    {
        await using RealtimeHarness realtime = new(options => options.Retention.MaxEvents = 2_000);
        FakeClient slow = realtime.Connect();
        await slow.StartedAsync();
        slow.Transport.Stall();
        long[] allocated = new long[2];
        foreach ((int i, UserId user) in new[] { (0, RealtimeHarness.Bob), (1, RealtimeHarness.Alice) })
        {
            UserEventEmitter emitter = realtime.Emitters.CreateFor(user);
            for (int n = 0; n < 1_500; n++)
            {
                allocated[i] = n == 500 ? GC.GetAllocatedBytesForCurrentThread() : allocated[i];
                emitter.Emit("note", n);
            }

            allocated[i] = GC.GetAllocatedBytesForCurrentThread() - allocated[i];
        }

        Assert.InRange(allocated[1], 1, allocated[0]);
        Assert.Equal(1, realtime.Registry.Places.Taken); // it is there, and behind
    }

    [Fact]
    public async Task Unread_ExpiresAtAnothersConnectWhileAFlushHangs_ReadsNothingMoreAndClosesWith4408()
    {
        await using RealtimeHarness realtime = new(options => options.Delivery.SendTimeout = TimeSpan.FromHours(1));
        FakeClient slow = realtime.Connect();
        await slow.StartedAsync();
        RealtimeConnection connection = ConnectionTests.ConnectionsOf(realtime).Single();
        LeaveUnread(realtime, slow);

        realtime.Connect();

        Assert.Equal(CloseReason.SlowConsumer, connection.CloseReason);
        slow.Transport.Resume();
        Assert.Equal(["stuck"], (await slow.ToEndAsync()).OfType<CustomEvent>().Select(e => e.Type));
        Assert.Equal((4408, CloseReason.SlowConsumer.Reason), await slow.Transport.Closed.OrFail());
        Assert.Equal(CloseReason.SlowConsumer, await slow.EndedAsync());
    }

    // The wake-up may come after the flush has ended: the writer has to see for itself that it was overrun.
    [Fact]
    public async Task Unread_ExpiredAndTheFlushEndsBeforeTheWakeUp_ReadsNothingMoreAndClosesWith4408()
    {
        await using RealtimeHarness realtime = new(options => options.Delivery.SendTimeout = TimeSpan.FromHours(1));
        FakeClient slow = realtime.Connect();
        await slow.StartedAsync();
        LeaveUnread(realtime, slow);
        UserSession session = realtime.Sessions.Find(RealtimeHarness.Alice)!;
        lock (session.Gate)
        {
            session.Log.ExpireLocked(long.MaxValue);
        }

        slow.Transport.Resume();

        Assert.Equal(["stuck"], (await slow.ToEndAsync()).OfType<CustomEvent>().Select(e => e.Type));
        Assert.Equal(CloseReason.SlowConsumer, await slow.EndedAsync());
    }

    // 4408 would ask it to reconnect, and to take the place back.
    [Fact]
    public async Task Unread_ExpiresAtTheConnectThatSupersedes_ClosesWith4509()
    {
        await using RealtimeHarness realtime = new(options => options.Delivery.SendTimeout = TimeSpan.FromHours(1));
        FakeClient old = realtime.ConnectAs("tab");
        await old.StartedAsync();
        RealtimeConnection connection = ConnectionTests.ConnectionsOf(realtime).Single();
        LeaveUnread(realtime, old);

        realtime.ConnectAs("tab");

        Assert.Equal(CloseReason.Superseded, connection.CloseReason);
        old.Transport.Cut();
        await old.EndedAsync();
    }

    [Fact]
    public async Task Ping_WhileAFlushHangsAndTheLogIsFull_IsWrittenNextAndNeverBesideAWrite()
    {
        await using RealtimeHarness realtime = new();
        InMemoryTransport inner = new();
        OneAtATimeTransport transport = new(inner);
        FakeClient client = new(inner, () => realtime.Connections.RunAsync(transport, new ConnectionRequest { User = RealtimeHarness.Alice }), answersClose: true);
        await client.StartedAsync();
        RealtimeConnection connection = ConnectionTests.ConnectionsOf(realtime).Single();
        UserEventEmitter emitter = realtime.Emitters.CreateFor(RealtimeHarness.Alice);
        inner.Stall();
        emitter.Emit("in_flight", 1);
        for (int i = 0; i < 10; i++)
        {
            emitter.Emit("waiting", new string('x', 10_000)); // several batches
        }

        transport.Log.Clear();
        connection.Send(new PongMessage());
        connection.Ping();
        connection.Ping(); // one ping says as much as two
        Assert.Empty(transport.Log);
        inner.Resume();
        await client.UntilAsync<PongMessage>();
        await client.RoundTripAsync();

        Assert.Equal(["ping", "write"], transport.Log[..2]);
        Assert.Single(transport.Log, "ping");
        Assert.False(transport.Overlapped);
    }

    // Emitters, the timer of the heartbeat and the pool at once.
    [Fact]
    public async Task Pings_WhileManyEmit_AreNeverBesideAWriteAndNothingIsLost()
    {
        const int Events = 500;
        await using RealtimeHarness realtime = new();
        InMemoryTransport inner = new();
        OneAtATimeTransport transport = new(inner) { Yields = true };
        FakeClient client = new(inner, () => realtime.Connections.RunAsync(transport, new ConnectionRequest { User = RealtimeHarness.Alice }), answersClose: true);
        await client.StartedAsync();
        RealtimeConnection connection = ConnectionTests.ConnectionsOf(realtime).Single();

        Task emitting = Task.Run(() =>
        {
            for (int i = 0; i < Events; i++)
            {
                realtime.Emitters.CreateFor(RealtimeHarness.Alice).Emit("note", i);
            }
        }, CancellationToken.None);
        Task pinging = Task.Run(() =>
        {
            for (int i = 0; i < Events; i++)
            {
                connection.Ping();
            }
        }, CancellationToken.None);
        for (int i = 1; i <= Events; i++)
        {
            Assert.Equal(i, (await client.UntilAsync<CustomEvent>()).Id.Sequence);
        }

        await Task.WhenAll(emitting, pinging).OrFail();
        await client.RoundTripAsync();
        Assert.False(transport.Overlapped);
        Assert.Contains("ping", transport.Log);
        Assert.Null(connection.CloseReason);
    }

    [Fact]
    public async Task Ping_BehindTheCloseFrame_IsNotWritten()
    {
        await using RealtimeHarness realtime = new();
        InMemoryTransport inner = new();
        OneAtATimeTransport transport = new(inner);
        FakeClient client = new(inner, () => realtime.Connections.RunAsync(transport, new ConnectionRequest { User = RealtimeHarness.Alice }), answersClose: false);
        await client.StartedAsync();
        RealtimeConnection connection = ConnectionTests.ConnectionsOf(realtime).Single();
        connection.Close(CloseReason.Revoked);
        await inner.Closed.OrFail();

        connection.Ping();
        inner.ClientClose();
        await client.EndedAsync();

        Assert.Equal("close", transport.Log[^1]);
    }

    // One event in flight, one that is unread and has expired, one that is unread and stays.
    private static void LeaveUnread(RealtimeHarness realtime, FakeClient client)
    {
        UserEventEmitter emitter = realtime.Emitters.CreateFor(RealtimeHarness.Alice);
        client.Transport.Stall();
        emitter.Emit("stuck", 1);
        emitter.Emit("lost", 2);
        realtime.Time.Advance(TimeSpan.FromSeconds(181));
        emitter.Emit("kept", 3);
    }

    /// <summary>Notes what is written, and whether anything ever was while something else was still being written.</summary>
    private sealed class OneAtATimeTransport(InMemoryTransport inner) : IWebSocketTransport
    {
        private int _writing;

        /// <summary>Whether each write ends on another thread.</summary>
        public bool Yields { get; init; }

        public List<string> Log { get; } = [];

        public bool Overlapped { get; private set; }

        public bool CanPing => true;

        public long ReceivedBytes => inner.ReceivedBytes;

        public ValueTask<ReceivedMessage> ReceiveAsync(int maxMessageBytes, CancellationToken cancellationToken = default) =>
            inner.ReceiveAsync(maxMessageBytes, cancellationToken);

        public ValueTask DrainAsync(CancellationToken cancellationToken = default) => inner.DrainAsync(cancellationToken);

        public ValueTask WriteAsync(MessageBatch batch) => NoteAsync("write", () => inner.WriteAsync(batch));

        public ValueTask PingAsync(ReadOnlyMemory<byte> payload) => NoteAsync("ping", () => inner.PingAsync(payload));

        public ValueTask CloseAsync(int code, string reason) => NoteAsync("close", () => inner.CloseAsync(code, reason));

        public void Abort() => inner.Abort();

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        private async ValueTask NoteAsync(string what, Func<ValueTask> write)
        {
            Overlapped |= Interlocked.Exchange(ref _writing, 1) != 0;
            Log.Add(what);
            if (Yields)
            {
                await Task.Yield();
            }

            await write();
            Volatile.Write(ref _writing, 0);
        }
    }
}
