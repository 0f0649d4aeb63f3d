using System.Security.Claims;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;

namespace Netra.Realtime.FunctionalTests.Handshake;

public sealed class IdentityTests
{
    [Fact]
    public async Task Tenants_WithEqualUserIds_AreTwoUsers()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.Options = options => options.Limits.MaxConnectionsPerUser = 1;
            setup.Realtime = realtime => realtime.IdentifyBy(principal => UserId.Create(principal.FindFirstValue("sub"), principal.FindFirstValue("tid")));
        });
        await using TestClient first = await TestClient.ConnectAsync(server, "alice", "client=tab", options => options.SetRequestHeader(TestAuthentication.TenantHeader, "one"));
        await using TestClient second = await TestClient.ConnectAsync(server, "alice", "client=tab", options => options.SetRequestHeader(TestAuthentication.TenantHeader, "two"));
        await using TestClient none = await TestClient.ConnectAsync(server, "alice", "client=tab");

        EmitResult emitted = server.EmitterFor("alice", tenant: "one").Emit("note", new { });
        server.EmitterFor("alice", tenant: "two").Emit("note", new { });
        server.EmitterFor("alice", tenant: "two").Emit("other", new { });

        Assert.Equal(1, emitted.Connections);
        Assert.Equal("note", (await first.NextEventAsync()).Type);
        Assert.Empty(await first.PingAsync());
        Assert.Equal(["note", "other"], (await second.NextEventsAsync(2)).Select(e => e.Type));
        Assert.Empty(await none.PingAsync());
        Assert.NotEqual(first.Welcome.Epoch, second.Welcome.Epoch);
    }

    [Fact]
    public async Task Tenant_RunOfItsNamesake_IsNotFoundAndItsLastEventIdIsOfAnotherEpoch()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
            setup.Realtime = realtime => realtime.IdentifyBy(principal => UserId.Create(principal.FindFirstValue("sub"), principal.FindFirstValue("tid"))));
        await using RunEmitter run = server.EmitterFor("alice", tenant: "one").StartRun("researcher");

        await using TestClient other = await TestClient.ConnectAsync(
            server, "alice", $"last_event_id={run.Started.EventId}", options => options.SetRequestHeader(TestAuthentication.TenantHeader, "two"));
        await other.SendAsync($$"""{"type":"cancel","run_id":"{{run.RunId}}"}""");

        Assert.Equal((false, ResetReason.EpochChanged), (other.Welcome.Resumed, other.Welcome.Reset));
        Assert.Empty(other.Welcome.OpenRuns);
        Assert.Equal("not_found", (await other.NextControlAsync<ErrorMessage>()).Code);
        Assert.Empty(await other.PingAsync());
    }

    [Theory]
    [InlineData("alice", "Alice")]
    [InlineData("alice", "alice ")]
    [InlineData("\u00e9", "e\u0301")]
    [InlineData("a/b", "a")]
    public async Task Users_ThatLookAlike_AreTwoUsers(string user, string other)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient first = await TestClient.ConnectAsync(server, user);
        await using TestClient second = await TestClient.ConnectAsync(server, other);

        server.EmitterFor(user).Emit("note", new { });

        Assert.Equal(user, first.Welcome.UserId);
        Assert.Equal(1, (await first.NextEventAsync()).Id.Sequence);
        Assert.Equal(other, second.Welcome.UserId);
        Assert.Empty(await second.PingAsync());
    }
}
