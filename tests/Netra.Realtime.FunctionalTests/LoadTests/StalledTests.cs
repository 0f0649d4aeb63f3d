using Netra.Realtime.LoadTests.Comparing;
using Netra.Realtime.LoadTests.Driving;
using Netra.Realtime.LoadTests.Targets;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.LoadTests;

/// <summary>2,000 clients that read nothing, against a server in a process of its own: its memory, its logs' and the kernel's are what is configured.</summary>
public sealed class StalledTests
{
    [LinuxTheory]
    [InlineData("netra")]
    [InlineData(Target.Listener)]
    public async Task Crowd_OfTwoThousandThatNeverRead_HoldsWhatTheConfigurationSays(string target)
    {
        StalledLoad load = (StalledLoad)Load.Named("stalled", isQuick: false);
        Assert.Equal(2_000, load.Connections);
        using ServerProcess server = await ServerProcess.StartAsync(target, load.Server).OrFail();

        DriveResult result = await DriveAsync(server, target, load);

        Assert.Null(result.Fault);
        Assert.Equal(result.Expected, result.Received);
        Assert.InRange(result[Figure.LogsMiB]!.Value, load.LogBudgetBytes / 2 / 1024 / 1024, load.MostLogBytes / 1024 / 1024);
        Assert.InRange(result[Figure.LongestSendQueueKiB]!.Value, 1, 2 * load.SendBufferBytes / 1024);
        Assert.All(Scenarios.Named("stalled").Columns, column => Assert.True(result[column.Figure] is not null, column.Figure));
    }

    [LinuxTheory]
    [InlineData("netra")]
    public async Task Crowd_ServerWithoutTheBudget_IsAFaultAndNoFigure(string target)
    {
        StalledLoad load = new(connections: 200, events: 100, size: 4_000, logBudgetBytes: 4 * 1024 * 1024, sendBufferBytes: 32 * 1024);
        using ServerProcess server = await ServerProcess.StartAsync(target, load.Server with { LogBudgetBytes = 0 }).OrFail();

        DriveResult result = await DriveAsync(server, target, load);

        Assert.StartsWith("the logs grew to ", result.Fault, StringComparison.Ordinal);
    }

    private static Task<DriveResult> DriveAsync(ServerProcess server, string target, StalledLoad load) =>
        Driver.RunAsync(new DriveOptions(new Uri(server.Url), target, server.Id, load, Warmups: 1, TestTimeout.Net), CancellationToken.None).OrFail();
}
