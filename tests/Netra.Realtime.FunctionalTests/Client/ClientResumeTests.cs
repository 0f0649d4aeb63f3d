using System.Net;
using Netra.Realtime.Client;
using Netra.Realtime.Client.Runs;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;
using Netra.Realtime.TestSupport.Faults;

namespace Netra.Realtime.FunctionalTests.Client;

/// <summary>The .NET client on lines that break and at servers that go.</summary>
public sealed class ClientResumeTests
{
    [Theory]
    [InlineData(false, 700)]
    [InlineData(false, 1_500)]
    [InlineData(true, 1_100)]
    [InlineData(true, 3_000)]
    public async Task Line_BreaksInTheMiddle_EachEventComesOnceAndTheRunIsWhole(bool isReset, int afterBytes)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using FaultProxy proxy = new(server.EndPoint);
        proxy.Expect(new Fault(isReset ? FaultKind.Reset : FaultKind.Close, afterBytes));
        await using ClientOf alice = new("alice", proxy.EndPoint);
        await alice.Client.ConnectAsync().OrFail();

        await using RunEmitter run = server.EmitterFor("alice").StartRun("librarian");
        string answer = "";
        for (int i = 0; i < 50; i++)
        {
            run.Respond($"word {i} ");
            answer += $"word {i} ";
            server.EmitterFor("alice").Emit("note", i);
        }

        run.Complete();
        List<AgentEvent> events = await alice.UntilAsync<AgentCompleted>();

        Assert.Equal(events.Select(e => e.Id.Sequence).Distinct().Order(), events.Select(e => e.Id.Sequence));
        Assert.Equal(Enumerable.Range(0, 50), events.OfType<CustomEvent>().Select(e => e.Payload.GetInt32()));
        Assert.Equal((answer, true), alice.Client.Runs.Find(run.RunId)! is var shown ? (shown.Answer, shown.IsComplete) : default);
        Assert.Empty(alice.Resets);
        Assert.Equal(2, alice.Asked);
    }

    [Fact]
    public async Task Server_DiesAndStartsAgainOnTheSamePort_IsToldAsAResetAndOpenRunsAreInterrupted()
    {
        HostProcess host = await HostProcess.StartAsync(0);
        int port = host.Address.Port;
        await using ClientOf alice = new("alice", new IPEndPoint(IPAddress.Loopback, port), options => options.Credentials = _ => new(RealtimeCredentials.Bearer("alice")));
        try
        {
            await alice.Client.ConnectAsync().OrFail();
            await host.PostAsync("/runs/stubborn", "alice");
            RunId run = (await alice.UntilAsync<AgentResponding>())[^1].RunId!.Value;
            await host.DisposeAsync(); // without a word
            Task<ConnectionStatus> waiting = alice.StatusAsync(ConnectionState.Waiting);

            host = await HostProcess.StartAsync(port);
            Assert.Equal(1006, (await waiting).CloseReason!.Code);
            await alice.StatusAsync(ConnectionState.Open);
            await host.PostAsync("/notes/1", "alice");
            AgentEvent next;
            do
            {
                next = await alice.NextAsync(); // what had come before the end
            }
            while (next is AgentResponding);

            Assert.Equal([ResetReason.EpochChanged], alice.Resets);
            Assert.Equal(("note", 1L), (next.Type, next.Id.Sequence));
            Assert.Equal((RunStatus.Interrupted, false), alice.Client.Runs.Find(run)! is var shown ? (shown.Status, shown.IsComplete) : default);
        }
        finally
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task Application_StopsReading_IsClosedAsSlowAndResumesWithNothingMissing()
    {
        const int Events = 1_000;
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options =>
        {
            options.Retention.MaxBytes = 64 * 1024 * 1024;
            options.Retention.MaxEvents = 10_000;
            options.Delivery.SendTimeout = TimeSpan.FromMilliseconds(100);
        });
        using CloseWatch closes = new(server);
        await using ClientOf alice = new("alice", server.EndPoint, options => options.ReceiveQueueItems = 10);
        await alice.Client.ConnectAsync().OrFail();
        UserEventEmitter emitter = server.EmitterFor("alice");
        string text = new('x', 16 * 1024);

        for (int i = 1; i <= Events; i++)
        {
            emitter.Emit("note", new { Text = text });
        }

        await closes.WhenClosedAsync(4408);
        List<long> received = [];
        while (received.Count < Events)
        {
            received.Add((await alice.NextAsync()).Id.Sequence);
        }

        Assert.Equal(Enumerable.Range(1, Events).Select(i => (long)i), received);
        Assert.Empty(alice.Resets);
        Assert.True(alice.Asked >= 2, "It was not closed.");
    }

    [Fact]
    public async Task NextLife_WithTheStoredId_GoesOnAfterIt()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        EventId stored;
        await using (ClientOf first = new("alice", server.EndPoint))
        {
            await first.Client.ConnectAsync().OrFail();
            for (int i = 1; i <= 3; i++)
            {
                server.EmitterFor("alice").Emit("note", i);
            }

            await first.NextAsync();
            await first.NextAsync(); // in hand, and so not handled
            stored = first.Client.LastEventId;
        }

        await using ClientOf second = new("alice", server.EndPoint, options => options.LastEventId = stored);

        Assert.Equal((1L, 2L, 3L), (stored.Sequence, (await second.NextAsync()).Id.Sequence, (await second.NextAsync()).Id.Sequence));
    }

    [Fact]
    public async Task Server_IsNotThere_IsTriedAgainUntilItIs()
    {
        int port;
        await using (RealtimeServer before = await RealtimeServer.StartAsync())
        {
            port = before.EndPoint.Port;
        }

        await using ClientOf alice = new("alice", new IPEndPoint(IPAddress.Loopback, port));
        Task connected = alice.Client.ConnectAsync();
        ConnectionStatus waiting = await alice.StatusAsync(ConnectionState.Waiting);
        Assert.NotNull(waiting.Error);

        await using RealtimeServer after = await RealtimeServer.StartAsync(setup => setup.Port = port);

        await connected.OrFail();
    }
}
