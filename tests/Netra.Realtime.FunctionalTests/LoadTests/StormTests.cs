using Netra.Realtime.LoadTests.Comparing;
using Netra.Realtime.LoadTests.Driving;
using Netra.Realtime.LoadTests.Targets;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.LoadTests;

/// <summary>Connections that are all lost, miss events and come back for them, against real servers.</summary>
public sealed class StormTests
{
    private const int Connections = 20;
    private const int Missed = 25;

    public static TheoryData<string> Targets => [.. Scenarios.Named("storm").Targets];

    [LinuxTheory]
    [MemberData(nameof(Targets))]
    public async Task Drive_AllAreLostAndComeBack_EachGetsWhatHeMissedWhereTheTargetKeepsIt(string target)
    {
        DriveResult result = await DriveAsync(target, target);

        Assert.Null(result.Fault);
        Assert.Equal(target == "signalr-group" ? 0 : 1, result[Figure.Resumed]);
        Assert.Equal(target == "signalr-group" ? 0 : Connections * Missed, result.Received);
        string[] withoutResume = [Figure.AllResumedMs, Figure.P50Ms, Figure.P99Ms];
        Assert.All(
            Scenarios.Named("storm").Columns,
            column => Assert.Equal(target == "signalr-group" && withoutResume.Contains(column.Figure), result[column.Figure] is null));
    }

    [LinuxTheory]
    [InlineData("kestrel-websocket")]
    public async Task Drive_ATargetThatKeepsNothingTakenForOneThatDoes_IsAFaultAndNoFigure(string target)
    {
        DriveResult result = await DriveAsync(target, "netra", TimeSpan.FromSeconds(5));

        Assert.Equal($"wrong addressee 0, skipped 0, out of order 0, unexpected 0, malformed 0, missing {Connections * Missed}", result.Fault);
    }

    private static async Task<DriveResult> DriveAsync(string served, string driven, TimeSpan? limit = null)
    {
        await using StartedServer server = await StartedServer.StartAsync(served);
        return await Driver.RunAsync(
            new DriveOptions(server.Url, driven, Environment.ProcessId, new StormLoad(Connections, Missed, Size: 200), Warmups: 1, limit ?? TestTimeout.Net),
            CancellationToken.None).OrFail();
    }
}
