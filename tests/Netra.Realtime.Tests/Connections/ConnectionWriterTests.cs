using Netra.Realtime.Connections;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

/// <summary>What expires unread while a flush hangs; the send attempts are out of the way.</summary>
public sealed class ConnectionWriterTests
{
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
}
