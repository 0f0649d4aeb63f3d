using Netra.Realtime.LoadTests;
using Netra.Realtime.LoadTests.Comparing;
using Netra.Realtime.LoadTests.Driving;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.LoadTests;

/// <summary>Connections that only stay, are lost and come back, against real servers that ping every second.</summary>
public sealed class HoldTests
{
    private const int Connections = 20;

    [LinuxTheory]
    [InlineData("hold")]
    public async Task Drive_EachTarget_HoldsAllPingsThemLosesThemAndHasThemBack(string scenario)
    {
        string[] targets = Scenarios.Named(scenario).Targets;

        // All at once: each takes some seconds of doing nothing.
        DriveResult[] results = await Task.WhenAll(targets.Select(target => DriveAsync(target, pingSeconds: 1)));

        Assert.All(results, result =>
        {
            Assert.Null(result.Fault);
            Assert.Equal(Connections, result.Received);
            Assert.All(Scenarios.Named(scenario).Columns, column => Assert.True(result[column.Figure] is not null, column.Figure));
            Assert.True(result[Figure.AllGoneMs] > 0);
            Assert.True(result[Figure.AllBackMs] > 0);
        });
    }

    [LinuxTheory]
    [InlineData("kestrel-websocket")]
    [InlineData("netra")]
    public async Task Drive_AServerThatDoesNotPing_IsNotHeldUpAsOneThatDoes(string target)
    {
        DriveResult result = await DriveAsync(target, pingSeconds: 0);

        Assert.StartsWith("a connection was pinged 0 times", result.Fault, StringComparison.Ordinal);
    }

    private static async Task<DriveResult> DriveAsync(string target, int pingSeconds)
    {
        await using StartedServer server = await StartedServer.StartAsync(target, new ServerSettings { PingSeconds = pingSeconds });
        HoldLoad load = new(Connections, TimeSpan.FromSeconds(1));
        return await Driver.RunAsync(
            new DriveOptions(server.Url, target, Environment.ProcessId, load, Warmups: 0, TestTimeout.Net), CancellationToken.None).OrFail();
    }
}
