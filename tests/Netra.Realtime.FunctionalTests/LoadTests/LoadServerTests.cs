using Microsoft.AspNetCore.Builder;
using Netra.Realtime.LoadTests;
using Netra.Realtime.LoadTests.Driving;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.LoadTests;

/// <summary>Every target delivers what the driver checks, with tiny numbers and nothing timed.</summary>
public sealed class LoadServerTests
{
    private const int Users = 5;

    [LinuxTheory]
    [InlineData("netra")]
    [InlineData("kestrel-websocket")]
    [InlineData("signalr")]
    [InlineData("signalr-user")]
    public async Task Drive_EveryWorkload_AllComeOnceInOrderToWhomTheyAreFor(string target)
    {
        await using WebApplication server = await StartAsync(target);
        foreach (string workload in WorkloadSpec.Names)
        {
            WorkloadSpec spec = WorkloadSpec.Named(workload) with { Users = Users, Rounds = 6 };

            DriveResult result = await Driver.RunAsync(
                new DriveOptions(new Uri(server.Urls.First()), target, Environment.ProcessId, spec, Warmups: 1, TestTimeout.Net), CancellationToken.None).OrFail();

            Assert.Null(result.Fault);
            Assert.Equal(spec.Total, result.Received);
            if (target == "netra" && workload == "burst")
            {
                Assert.True(result.CoalescedShare > 0, "Deltas of a batch scope were not joined.");
            }
        }
    }

    [Fact]
    public void Build_Production_IsRefused() => Assert.Null(LoadServer.Build("netra", 0, "Production"));

    private static async Task<WebApplication> StartAsync(string target)
    {
        WebApplication? server = LoadServer.Build(target, 0, "Testing");
        Assert.NotNull(server);
        await server.StartAsync(CancellationToken.None);
        return server;
    }
}
