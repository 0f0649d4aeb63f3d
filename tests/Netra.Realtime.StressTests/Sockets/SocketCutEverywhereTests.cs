using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.StressTests.Cuts;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;
using Xunit.Abstractions;

namespace Netra.Realtime.StressTests.Sockets;

/// <summary>One fixed program, its line broken after each byte of the server in turn (by the switch; else after some of them).</summary>
public sealed class SocketCutEverywhereTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_OfALineThatBreaksAfterEveryByte_HandlesExactlyWhatWasEmitted(bool isLive)
    {
        CutCounts counts = new();
        await using SocketServer server = await SocketServer.StartAsync(options => options.Delivery.CloseTimeout = TimeSpan.FromSeconds(1));
        int stride = LongTests.Times(97, 1); // a prime: it meets every place in a frame
        int cut = Random.Shared.Next(stride);
        output.WriteLine($"first cut after {cut} bytes");

        bool wasBroken;
        do
        {
            // All kinds of breaks at all places: the stride and the three of them have no common factor.
            wasBroken = await RunAsync(server, new Fault((FaultKind)(1 + (cut % 3)), cut), isLive, counts);
            cut += stride;
        }
        while (wasBroken);

        output.WriteLine($"the server sent {cut - stride} bytes at most, lines broken {counts.Faults}");
        Assert.True(cut > 2_000);
    }

    // Live, the line breaks while events are emitted; late, they are there already and come coalesced.
    private static async Task<bool> RunAsync(SocketServer server, Fault fault, bool isLive, CutCounts counts)
    {
        UserId user = UserId.Create($"user-{fault.AfterBytes}");
        FixedProgram program = new(server.Services.GetRequiredService<EventEmitterFactory>(), user);
        Ledger ledger = new(program.Start);
        await using FaultProxy proxy = new(server.EndPoint);
        FaultLink link = proxy.Expect(fault);
        if (!isLive)
        {
            program.RunToEnd();
        }

        ILine? line = await ConnectAsync(proxy, link, user, ledger, counts);
        if (isLive)
        {
            program.RunToEnd();
        }
        while (ledger.Last != program.Emitted[^1].Id)
        {
            if (line is not null && await line.NextAsync().OrFail() is { } message)
            {
                Handle(message, ledger);
            }
            else
            {
                line = await ConnectAsync(proxy, proxy.Expect(Fault.None), user, ledger, counts);
            }
        }
        await (line?.CutAsync() ?? Task.CompletedTask);
        ledger.Check(program.Emitted);
        return link.Broken.IsCompleted;
    }

    private static Task<ILine?> ConnectAsync(FaultProxy proxy, FaultLink link, UserId user, Ledger ledger, CutCounts counts) =>
        SocketLine.ConnectAsync(new Uri($"ws://{proxy.EndPoint}/ws?client=one&last_event_id={ledger.Last}"), user.Value, link, counts);

    private static void Handle(ServerMessage message, Ledger ledger)
    {
        switch (message)
        {
            case AgentEvent received:
                ledger.Handle(received);
                break;
            case WelcomeMessage welcome:
                Assert.True(welcome.Resumed);
                break;
            case ResetMessage:
                Assert.Fail("Nothing was lost.");
                break;
        }
    }
}
