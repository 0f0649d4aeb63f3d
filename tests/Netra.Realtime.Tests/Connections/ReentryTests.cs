using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Connections;

/// <summary>The application's code is called by the library and calls it back, for the same user, on the same stack.</summary>
public sealed class ReentryTests
{
    [Fact]
    public async Task Handler_EmitsToItsUserThereAndWhenItsConnectionCloses_BothArriveAndTheCloseEnds()
    {
        EventEmitterFactory? emitters = null;
        await using RealtimeHarness realtime = new(build: builder => builder.MapMessage<object>("ask", (_, context) =>
        {
            emitters!.CreateFor(context.User).Emit("from_handler", 1); // set before anything is sent
            context.ConnectionClosed.Register(() => emitters.CreateFor(context.User).Emit("from_callback", 2));
            return Task.CompletedTask;
        }));
        emitters = realtime.Emitters;
        FakeClient asking = realtime.Connect();
        FakeClient other = realtime.Connect();
        await asking.StartedAsync();
        await other.StartedAsync();

        asking.Send("""{"type":"ask","ref":"a1"}""");
        await asking.UntilAsync<ReplyMessage>();
        asking.Transport.ClientClose();

        Assert.Equal(CloseReason.Normal, await asking.EndedAsync());
        Assert.Equal(["from_handler", "from_callback"], [(await other.NextAsync()).Type, (await other.NextAsync()).Type]);
    }

    [Fact]
    public async Task Payload_WhoseGetterEmitsAndCloses_IsEmittedAfterWhatItEmitted()
    {
        await using RealtimeHarness realtime = new();
        FakeClient closed = realtime.Connect();
        FakeClient client = realtime.ConnectAs("tab");
        await closed.StartedAsync();
        await client.StartedAsync();
        UserEventEmitter emitter = realtime.Emitters.CreateFor(RealtimeHarness.Alice);

        EmitResult outer = emitter.Emit("outer", new Busy(() =>
        {
            emitter.Emit("inner", 1);
            ConnectionTests.ConnectionsOf(realtime).Single(connection => connection.Client is null).Close(CloseReason.Revoked);
        }));

        Assert.Equal((2, 1), (outer.EventId.Sequence, outer.Connections));
        Assert.Equal(["inner", "outer"], [(await client.NextAsync()).Type, (await client.NextAsync()).Type]);
        Assert.Equal(CloseReason.Revoked, await closed.EndedAsync());
    }

    private sealed class Busy(Action act)
    {
        public int Value
        {
            get
            {
                act();
                return 1;
            }
        }
    }
}
