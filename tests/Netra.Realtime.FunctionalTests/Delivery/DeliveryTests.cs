using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Delivery;

public sealed class DeliveryTests
{
    [Fact]
    public async Task Emit_ConnectionsOpen_SaysHowManyWantIt()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        EmitResult before = server.EmitterFor("alice", "t-1").Emit("note", new { });
        await using TestClient all = await TestClient.ConnectAsync(server, "alice");
        await using TestClient other = await TestClient.ConnectAsync(server, "alice", "thread=t-2");

        EmitResult after = server.EmitterFor("alice", "t-1").Emit("note", new { });

        Assert.Equal((EmitStatus.Buffered, 0), (before.Status, before.Connections));
        Assert.Equal((EmitStatus.Accepted, 1), (after.Status, after.Connections));
        Assert.Equal(after.EventId, (await all.ReadUntilAsync(e => e.Id.Sequence == 2))[^1].Id);
        Assert.DoesNotContain(await other.PingAsync(), message => message is AgentEvent);
    }

    [Fact]
    public async Task Close_OfOneConnection_LeavesTheOthersOfTheUserUntouched()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient leaving = await TestClient.ConnectAsync(server, "alice");
        await using TestClient cut = await TestClient.ConnectAsync(server, "alice");
        await using TestClient staying = await TestClient.ConnectAsync(server, "alice");

        Assert.Equal(1000, (await leaving.CloseAsync()).Code);
        cut.Abort();
        server.EmitterFor("alice").Emit("note", new { Number = 1 });

        Assert.Equal(1, (await staying.NextEventAsync()).Id.Sequence);
        Assert.Empty(await staying.PingAsync());
        Assert.True(staying.IsOpen);
    }

    [Fact]
    public async Task Payload_ThatCannotBeSerialized_IsRefusedAndRunAndConnectionGoOn()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(server, "alice");
        Loop loop = new();
        loop.Next = loop;

        await using RunEmitter run = server.EmitterFor("alice").StartRun("researcher");
        EmitResult throwing = run.Emit("note", new Throwing());
        EmitResult cycle = server.EmitterFor("alice").Emit("note", loop);
        EmitResult input = run.ExecuteTool("search", new Throwing()).Started;
        run.Complete("done");

        Assert.All([throwing, cycle, input], result => Assert.Equal((EmitStatus.Refused, EmitRefusal.NotSerializable), (result.Status, result.Refusal)));
        Assert.Equal(["agent_started", "agent_completed"], (await client.ReadRunAsync()).Select(e => e.Type));
        Assert.Empty(await client.PingAsync());
        Assert.DoesNotContain(client.Texts, text => text.Contains("secret", StringComparison.Ordinal));
    }

    private sealed class Throwing
    {
        public string Value => throw new InvalidOperationException("secret");
    }

    private sealed class Loop
    {
        public Loop? Next { get; set; }
    }
}
