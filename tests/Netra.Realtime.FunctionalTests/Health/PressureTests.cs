using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Emitters;
using Netra.Realtime.FunctionalTests.Fixtures;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.FunctionalTests.Health;

/// <summary>What clients see of a host that is hard pressed, on the endpoint of ASP.NET Core and on the listener.</summary>
public sealed class PressureTests
{
    private readonly HeldGauges _gauges = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pressure_OnARealHost_NewcomersWaitAndTheConnectedGoOn(bool usesListener)
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(setup =>
        {
            setup.UsesListener = usesListener;
            _gauges.Use(setup);
        });
        await using TestClient alice = await TestClient.ConnectAsync(server, "alice");

        await _gauges.SetMemoryLoadAsync(0.96);

        await AssertUnavailableAsync(server, "bob");
        server.EmitterFor("alice").Emit("fact", 1);
        server.EmitterFor("alice").Emit("state", 1, EmitOptions.Volatile);
        Assert.Equal(["fact", "state"], (await alice.NextEventsAsync(2)).Select(static e => e.Type));

        await _gauges.SetMemoryLoadAsync(0.99);

        await AssertUnavailableAsync(server, "bob");
        Assert.Equal(EmitRefusal.Shed, server.EmitterFor("alice").Emit("state", 2, EmitOptions.Volatile).Refusal);
        server.EmitterFor("alice").Emit("fact", 2);
        Assert.Equal("fact", (await alice.NextEventAsync()).Type);

        await _gauges.SetMemoryLoadAsync(0.5);

        await using TestClient bob = await TestClient.ConnectAsync(server, "bob");
        Assert.True(server.EmitterFor("bob").Emit("state", 1, EmitOptions.Volatile).IsInLog);
        Assert.Equal("state", (await bob.NextEventAsync()).Type);
        Assert.Equal(
            ["Warning", "Warning", "Information"],
            server.Logs.All.Where(static line => line.Contains("PressureMonitor", StringComparison.Ordinal)).Select(static line => line.Split(' ')[0]));
    }

    [Fact]
    public async Task Pressure_HandshakesAndPlainGets_OnlyHandshakesAreCounted()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(_gauges.Use);
        List<object?> reasons = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter == server.Services.GetRequiredService<RealtimeMetrics>().Meter && instrument.Name == "netra.realtime.connections.rejected")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => reasons.Add(tags[0].Value));
        listener.Start();
        await _gauges.SetMemoryLoadAsync(0.96);

        await AssertUnavailableAsync(server, "bob");

        Assert.Equal(["pressure"], reasons);
    }

    [Fact]
    public async Task Pressure_Nobody_IsStillUnauthorized()
    {
        await using RealtimeServer server = await RealtimeServer.StartAsync(_gauges.Use);
        await _gauges.SetMemoryLoadAsync(0.96);
        using RawClient nobody = await RawClient.ConnectAsync(server.EndPoint);

        Assert.Equal(401, (await nobody.HandshakeAsync(server, null)).Status);
        Assert.Equal(PressureStage.RefusingNewConnections, server.Registry.Sessions.Pressure.Stage);
    }

    // A handshake, and the plain GET by which a browser's client asks why.
    private static async Task AssertUnavailableAsync(RealtimeServer server, string user)
    {
        Dictionary<string, string?> plainGet = new()
        {
            ["Upgrade"] = null,
            ["Connection"] = null,
            ["Sec-WebSocket-Key"] = null,
            ["Sec-WebSocket-Version"] = null,
        };
        foreach (Dictionary<string, string?> changes in new[] { plainGet, [] })
        {
            using RawClient client = await RawClient.ConnectAsync(server.EndPoint);
            RawResponse response = await client.HandshakeAsync(server, user, changes);
            Assert.Equal((503, "2"), (response.Status, response["Retry-After"]));
        }
    }
}
