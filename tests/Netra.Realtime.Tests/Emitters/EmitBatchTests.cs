using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.Tests.Emitters;

public sealed class EmitBatchTests
{
    [Fact]
    public async Task Batch_OfDeltas_IsWrittenAtTheEndAsOneMessage()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime, RealtimeHarness.Alice);
        RunEmitter run = realtime.Emitters.CreateFor(RealtimeHarness.Alice).StartRun("agent");
        await client.NextAsync<AgentStarted>();

        Emit(realtime.Emitters, run, client);

        AgentResponding text = await client.NextAsync<AgentResponding>();
        Assert.Equal((string.Concat(Enumerable.Range(0, 50)), 2L, 51L), (text.Delta, text.First!.Value.Sequence, text.Id.Sequence));

        static void Emit(EventEmitterFactory emitters, RunEmitter run, FakeClient client)
        {
            using EmitBatch batch = emitters.Batch();
            for (int i = 0; i < 50; i++)
            {
                run.Respond($"{i}");
            }

            Assert.False(client.Transport.Outbound.TryPeek(out _));
        }
    }

    [Fact]
    public async Task Batch_InABatch_EndsWithTheOuterOne()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime, RealtimeHarness.Alice);
        UserEventEmitter alice = realtime.Emitters.CreateFor(RealtimeHarness.Alice);

        Emit(realtime.Emitters, alice, client);

        Assert.Equal(1, (await client.NextAsync<CustomEvent>()).Id.Sequence);
        Assert.Equal(2, (await client.NextAsync<CustomEvent>()).Id.Sequence);
        alice.Emit("after", 3);
        Assert.Equal(3, (await client.NextAsync<CustomEvent>()).Id.Sequence);

        static void Emit(EventEmitterFactory emitters, UserEventEmitter alice, FakeClient client)
        {
            using (emitters.Batch())
            {
                using (emitters.Batch())
                {
                    alice.Emit("inner", 1);
                }

                alice.Emit("outer", 2);
                Assert.False(client.Transport.Outbound.TryPeek(out _));
            }

            Assert.True(client.Transport.Outbound.TryPeek(out _)); // by the thread that emitted: nothing is left to wait for
        }
    }

    [Fact]
    public async Task Batch_OverManyUsers_WakesAllOfThem()
    {
        const int Users = 1_500; // more than a scope remembers
        await using RealtimeHarness realtime = new(options => options.Limits.MaxConnections = Users);
        List<FakeClient> clients = [];
        for (int i = 0; i < Users; i++)
        {
            clients.Add(await StartedAsync(realtime, UserId.Create($"u{i}")));
        }

        using (realtime.Emitters.Batch())
        {
            for (int i = 0; i < Users; i++)
            {
                realtime.Emitters.CreateFor(UserId.Create($"u{i}")).Emit("first", i);
                realtime.Emitters.CreateFor(UserId.Create($"u{i}")).Emit("second", i);
            }
        }

        foreach (FakeClient client in clients)
        {
            Assert.Equal("first", (await client.NextAsync<CustomEvent>()).Type);
            Assert.Equal("second", (await client.NextAsync<CustomEvent>()).Type);
        }
    }

    [Fact]
    public async Task Batch_LargerThanAWrite_IsWrittenBeforeItsEnd()
    {
        const int Events = 40; // 20 KiB
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime, RealtimeHarness.Alice);

        using (realtime.Emitters.Batch())
        {
            UserEventEmitter alice = realtime.Emitters.CreateFor(RealtimeHarness.Alice);
            for (int i = 0; i < Events; i++)
            {
                alice.Emit("note", new string('x', 500));
            }

            Assert.True(client.Transport.Outbound.TryPeek(out _));
        }

        for (int i = 1; i <= Events; i++)
        {
            Assert.Equal(i, (await client.NextAsync<CustomEvent>()).Id.Sequence);
        }
    }

    [Fact]
    public async Task Batch_OfOneThread_DoesNotHoldBackAnother()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime, RealtimeHarness.Alice);
        UserEventEmitter alice = realtime.Emitters.CreateFor(RealtimeHarness.Alice);

        Emit(realtime.Emitters, alice, client);

        Assert.Equal("held", (await client.NextAsync<CustomEvent>()).Type);
        Assert.Equal("other", (await client.NextAsync<CustomEvent>()).Type);

        static void Emit(EventEmitterFactory emitters, UserEventEmitter alice, FakeClient client)
        {
            using EmitBatch batch = emitters.Batch();
            alice.Emit("held", 1);
            Thread other = new(() => alice.Emit("other", 2));
            other.Start();
            Assert.True(other.Join(TestTimeout.Net));
            Assert.True(client.Transport.Outbound.TryPeek(out _)); // both: there is one order
        }
    }

    private static async Task<FakeClient> StartedAsync(RealtimeHarness realtime, UserId user)
    {
        FakeClient client = realtime.Connect(user);
        await client.StartedAsync();
        return client;
    }
}
