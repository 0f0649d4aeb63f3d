using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;
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

    [Fact]
    public async Task Batch_OfMoreEventsThanTheLogHolds_LosesNothingOfAClientThatKeepsUp()
    {
        const int Events = 100;
        await using RealtimeHarness realtime = new(options => options.Retention.MaxEvents = 10);
        FakeClient client = await StartedAsync(realtime, RealtimeHarness.Alice);

        using (realtime.Emitters.Batch())
        {
            UserEventEmitter alice = realtime.Emitters.CreateFor(RealtimeHarness.Alice);
            for (int i = 0; i < Events; i++)
            {
                alice.Emit("note", i);
            }
        }

        for (int i = 1; i <= Events; i++)
        {
            Assert.Equal(i, (await client.NextAsync<CustomEvent>()).Id.Sequence);
        }
    }

    [Fact]
    public async Task Batch_ManyStatesOfOneThing_DoNotPushOutWhatWaitsBeforeThem()
    {
        const int Events = 2_500; // each leaves a place in the log, and the smallest log has 2 048
        await using RealtimeHarness realtime = new(options => (options.Limits.MaxEventBytes, options.Retention.MaxBytes) = (16 * 1024, 32 * 1024));
        FakeClient client = await StartedAsync(realtime, RealtimeHarness.Alice);

        using (realtime.Emitters.Batch())
        {
            UserEventEmitter alice = realtime.Emitters.CreateFor(RealtimeHarness.Alice);
            alice.Emit("note", 1);
            for (int i = 0; i < Events; i++)
            {
                alice.Emit("price", i, EmitOptions.Latest("x"));
            }
        }

        Assert.Equal("note", (await client.NextAsync<CustomEvent>()).Type);
    }

    [Fact]
    public async Task Dispose_OfAnInnerBatchTwice_DoesNotEndTheOuterOne()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime, RealtimeHarness.Alice);

        Emit(realtime.Emitters, client);

        Assert.Equal(1, (await client.NextAsync<CustomEvent>()).Id.Sequence);

        static void Emit(EventEmitterFactory emitters, FakeClient client)
        {
            using (emitters.Batch())
            {
                EmitBatch inner = emitters.Batch();
                inner.Dispose();
                inner.Dispose();
                default(EmitBatch).Dispose();
                emitters.CreateFor(RealtimeHarness.Alice).Emit("outer", 1);
                Assert.False(client.Transport.Outbound.TryPeek(out _));
            }
        }
    }

    [Fact]
    public async Task Dispose_OfTheOuterBatch_EndsAnInnerOneThatWasForgotten()
    {
        await using RealtimeHarness realtime = new();
        FakeClient client = await StartedAsync(realtime, RealtimeHarness.Alice);

        Emit(realtime.Emitters, client);

        Assert.Equal(1, (await client.NextAsync<CustomEvent>()).Id.Sequence);
        Assert.Equal(2, (await client.NextAsync<CustomEvent>()).Id.Sequence);

        static void Emit(EventEmitterFactory emitters, FakeClient client)
        {
            UserEventEmitter alice = emitters.CreateFor(RealtimeHarness.Alice);
            using (emitters.Batch())
            {
                emitters.Batch();
                alice.Emit("inner", 1);
            }

            Assert.True(client.Transport.Outbound.TryPeek(out _));
            alice.Emit("after", 2);
        }
    }

    [Fact]
    public void Batch_WhatIsWrittenInItEmits_IsNotForgotten()
    {
        const int Users = 1_024; // as many as make a scope wake before its end
        LogHarness harness = new();
        List<EmittingCursor> cursors = [];
        for (int i = 0; i < Users; i++)
        {
            UserId user = UserId.Create($"u{i}");
            EmittingCursor cursor = new(harness.Sessions.GetOrAdd(user), harness.Emitters.CreateFor(user)) { OwnerStamp = harness.Sessions.StampOf(user) };
            harness.Sessions.GetOrAdd(user).Connect(cursor, null, ReplayStart.Open, 1_000, harness.Places);
            cursors.Add(cursor);
        }

        using (harness.Emitters.Batch())
        {
            for (int i = 0; i < Users; i++)
            {
                harness.Emitters.CreateFor(UserId.Create($"u{i}")).Emit("note", i);
            }
        }

        Assert.All(cursors, cursor => Assert.Equal(2, cursor.HeadAtLastWake));
    }

    private static async Task<FakeClient> StartedAsync(RealtimeHarness realtime, UserId user)
    {
        FakeClient client = realtime.Connect(user);
        await client.StartedAsync();
        return client;
    }

    // What an application's listener of a metric does: it emits while an event is written.
    private sealed class EmittingCursor(UserSession session, UserEventEmitter emitter) : LogCursor
    {
        private bool _hasEmitted;

        public long HeadAtLastWake { get; private set; }

        public override void Supersede()
        {
        }

        public override void Wake()
        {
            HeadAtLastWake = session.Log.Head.Sequence;
            if (!_hasEmitted)
            {
                _hasEmitted = true;
                emitter.Emit("written", 0);
            }
        }

        public override void WakeOnPool() => Wake();
    }
}
