using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Xunit.Abstractions;

namespace Netra.Realtime.StressTests.Cuts;

/// <summary>One fixed program, its client cut after each event in turn: what it handled is what was emitted, payload by payload.</summary>
public sealed class CutEverywhereTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Client_CutAfterEveryEventOfAFixedProgram_HandlesExactlyWhatWasEmitted()
    {
        int cuts = 0;
        int events = 0;
        for (int cut = 0; cut == 0 || cut <= events; cut++)
        {
            events = await RunAsync(cut, isLive: false);
            await RunAsync(cut, isLive: true);
            cuts += 2;
        }
        Assert.True(events > 20);
        output.WriteLine($"fixed program of {events} events, {cuts} cuts and resumes");
    }

    // Live, each delta comes alone and the cut may fall inside of a range; late, the client finds them coalesced.
    private static async Task<int> RunAsync(int cut, bool isLive)
    {
        await using RealtimeHarness realtime = new();
        FixedProgram program = new(realtime.Emitters, RealtimeHarness.Alice);
        Ledger ledger = new(program.Start);
        FakeClient? client = isLive ? await ConnectAsync(realtime, ledger) : null;
        foreach (Action step in program.Steps)
        {
            step();
            if (client is not null && ledger.Handled.Count < cut && program.Emitted[^1].Id.Sequence > ledger.Last.Sequence)
            {
                ledger.Handle(await client.UntilAsync<AgentEvent>());
            }
        }
        client ??= await ConnectAsync(realtime, ledger);
        while (ledger.Handled.Count < cut && program.Emitted[^1].Id.Sequence > ledger.Last.Sequence)
        {
            ledger.Handle(await client.UntilAsync<AgentEvent>());
        }
        client.Transport.Cut();
        await client.EndedAsync();

        client = await ConnectAsync(realtime, ledger);
        while (program.Emitted[^1].Id.Sequence > ledger.Last.Sequence)
        {
            ledger.Handle(await client.UntilAsync<AgentEvent>());
        }
        client.Transport.Cut();
        await client.EndedAsync();
        ledger.Check(program.Emitted);
        return program.Emitted.Count;
    }

    private static async Task<FakeClient> ConnectAsync(RealtimeHarness realtime, Ledger ledger)
    {
        FakeClient client = realtime.Connect(with: request => request with { LastEventId = ledger.Last.ToString() });
        Assert.True((await client.NextAsync<WelcomeMessage>()).Resumed);
        return client;
    }
}
