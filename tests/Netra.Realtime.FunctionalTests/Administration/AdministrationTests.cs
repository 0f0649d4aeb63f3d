using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Administration;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Protocol;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Administration;

public sealed class AdministrationTests
{
    [Fact]
    public async Task Disconnect_OfAUser_IsToldAtOnceWithTheWordsAndOthersStay()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient alice = await TestClient.ConnectAsync(server, "alice");
        await using TestClient bob = await TestClient.ConnectAsync(server, "bob");

        Assert.Equal(1, Of(server).DisconnectUser(UserId.Create("alice"), new Disconnection { Reason = "Zu viele Geräte." }));

        ClientClose closed = await alice.Closed;
        Assert.Equal((4400, "Zu viele Geräte."), (closed.Code, closed.Reason));
        await bob.PingAsync();
        await using TestClient again = await TestClient.ConnectAsync(server, "alice");
    }

    // The peer does not even read: all the same its place is free and nothing more is delivered to it.
    [Fact]
    public async Task Disconnect_OfAPeerThatDoesNotRead_IsEffectiveAtOnce()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup => setup.Options = options => options.Limits.MaxConnections = 1);
        using RawClient silent = await RawClient.OpenAsync(server, "alice", receiveBufferBytes: 4096);
        ConnectionId id = Of(server).FindUser(UserId.Create("alice"))!.Connections[0].Id;

        Assert.True(Of(server).DisconnectConnection(id));

        await using TestClient bob = await TestClient.ConnectAsync(server, "bob");
        Assert.Empty(Of(server).FindUser(UserId.Create("alice"))!.Connections);
    }

    [Fact]
    public async Task Revoke_UntilRestored_ClosesAndRefusesWith403()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync();
        await using TestClient alice = await TestClient.ConnectAsync(server, "alice");

        Of(server).Revoke(UserId.Create("alice"));

        ClientClose closed = await alice.Closed;
        Assert.Equal((4500, "revoked"), (closed.Code, closed.Reason));
        Assert.Equal(HttpStatusCode.Forbidden, await AskAsync(server, "alice"));
        Assert.Equal(HttpStatusCode.UpgradeRequired, await AskAsync(server, "bob"));
        Of(server).Restore(UserId.Create("alice"));
        await using TestClient again = await TestClient.ConnectAsync(server, "alice");
        Assert.Equal(1, Of(server).GetStats().PlacesTaken);
    }

    [Fact]
    public async Task Figures_OfTheFrameworksSockets_AreAbsentRatherThanZero()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.UsesListener = false;
            setup.Endpoint = endpoint => endpoint.UseSystemNetWebSockets();
        });
        Assert.Equal(0, Of(server).GetStats().Heartbeat!.PingsSent); // nobody was here yet: that is known
        await using TestClient alice = await TestClient.ConnectAsync(server, "alice");

        Assert.Null(Of(server).GetStats().Heartbeat);
        ConnectionSnapshot connection = Of(server).FindUser(UserId.Create("alice"))!.Connections[0];
        Assert.Equal((null, null, null), (connection.State, connection.HealthScore, connection.RoundTrip));
        Assert.Null(connection.IsHealthy);
    }

    private static IRealtimeAdministration Of(RealtimeServer server) => server.Services.GetRequiredService<IRealtimeAdministration>();

    private static async Task<HttpStatusCode> AskAsync(RealtimeServer server, string user)
    {
        using HttpClient http = new();
        using HttpRequestMessage request = new(HttpMethod.Get, new UriBuilder(server.WebSocket) { Scheme = "http" }.Uri);
        request.Headers.Add(TestAuthentication.UserHeader, user);
        using HttpResponseMessage response = await http.SendAsync(request).OrFail();
        return response.StatusCode;
    }
}
