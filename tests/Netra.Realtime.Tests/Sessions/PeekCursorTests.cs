using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Sessions;

public sealed class PeekCursorTests
{
    [Fact]
    public void ReadLog_UserWhoWasNeverHere_IsEmptyAndMakesNoSession()
    {
        LogHarness harness = new();

        LogSnapshot log = harness.Emitter().ReadLog();

        Assert.Empty(log.Events);
        Assert.Equal(0, log.TrimmedEvents);
        Assert.Equal(0, harness.Sessions.Count);
    }

    [Fact]
    public void ReadLog_SessionWasEvicted_CountsItsEventsAsTrimmedAndMakesNoSession()
    {
        LogHarness harness = new();
        harness.Emitter().Emit("n", 1);
        harness.Time.Advance(harness.Settings.RetiredFor);
        harness.Sessions.Sweep();

        LogSnapshot log = harness.Emitter().ReadLog();

        Assert.Empty(log.Events);
        Assert.Equal(1, log.TrimmedEvents);
        Assert.Equal(0, harness.Sessions.Count);
    }

    [Fact]
    public async Task ReadLog_EventsAreTrimmedMeanwhile_RetainedAndTrimmedAreAllThatThereWere()
    {
        LogHarness harness = new(maxEvents: 10);
        UserEventEmitter emitter = harness.Emitter();
        string large = new('x', 4_000); // several reads
        Task emitting = Task.Run(() =>
        {
            for (int i = 0; i < 3_000; i++)
            {
                emitter.Emit("n", large);
            }
        });

        bool isLast;
        do
        {
            isLast = emitting.IsCompleted;
            LogSnapshot log = emitter.ReadLog();
            for (int i = 0; i < log.Events.Count; i++)
            {
                Assert.Equal(log.TrimmedEvents + i + 1, log.Events[i].Id.Sequence);
            }
        }
        while (!isLast);
        await emitting.OrFail();

        Assert.Equal(2_990, emitter.ReadLog().TrimmedEvents);
    }

    [Fact]
    public void Read_MoreThanOneReadWithSupersededEvents_LeavesNothingPending()
    {
        LogHarness harness = new();
        RunEmitter run = harness.StartRun();
        for (int i = 0; i < 20; i++)
        {
            run.Respond(new string('x', 1_000));
            harness.Emitter().Emit("state", i, new EmitOptions { Delivery = DeliveryClass.Latest });
            harness.Emitter().Emit("blink", i, new EmitOptions { Delivery = DeliveryClass.Volatile });
        }
        run.Complete();
        PeekCursor peek = new() { OwnerStamp = harness.Sessions.StampOf(LogHarness.Alice) };

        LogSnapshot log = peek.Read(harness.Session);

        Assert.IsType<AgentCompleted>(log.Events[^1]);
        Assert.Equal(0, peek.PendingBytes);
    }
}
