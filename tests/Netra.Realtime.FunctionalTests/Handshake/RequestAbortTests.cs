using Netra.Realtime.AspNetCore;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Handshake;

public sealed class RequestAbortTests
{
    [Fact]
    public async Task Abort_AfterTheEnd_DoesNothing()
    {
        int aborts = 0;
        RequestAbort abort = new(() => aborts++);

        await abort.EndAsync().OrFail();
        abort.Abort();

        Assert.Equal(0, aborts);
        await abort.EndAsync().OrFail();
    }

    [Fact]
    public async Task Abort_Again_AbortsOnce()
    {
        int aborts = 0;
        RequestAbort abort = new(() => aborts++);

        abort.Abort();
        abort.Abort();

        Assert.Equal(1, aborts);
        await abort.EndAsync().OrFail();
    }

    // Or the request would end, and its context be another's, while this is still about to abort it.
    [Fact]
    public async Task End_WhileAnAbortIsUnderWay_WaitsForIt()
    {
        using BlockingGate gate = new();
        RequestAbort abort = new(gate.Block);
        Task aborting = Task.Run(abort.Abort);
        await gate.Reached.OrFail();

        Task end = abort.EndAsync();
        Assert.False(end.IsCompleted);
        gate.Open();

        await end.OrFail();
        await aborting.OrFail();
    }

    [Fact]
    public async Task End_AnAbortThatThrows_IsOverAllTheSame()
    {
        RequestAbort abort = new(() => throw new InvalidOperationException("a host's fault"));

        Assert.Throws<InvalidOperationException>(abort.Abort);

        await abort.EndAsync().OrFail();
    }
}
