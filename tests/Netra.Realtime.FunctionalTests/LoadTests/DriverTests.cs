using Netra.Realtime.LoadTests;
using Netra.Realtime.LoadTests.Driving;
using Netra.Realtime.LoadTests.Targets;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.LoadTests;

/// <summary>The driver against every target, with tiny numbers and nothing timed.</summary>
public sealed class DriverTests
{
    private const int Users = 5;

    public static TheoryData<string> Targets => [.. Target.Names];

    [LinuxTheory]
    [MemberData(nameof(Targets))]
    public async Task Drive_EveryDelivery_AllComeOnceInOrderToWhomTheyAreFor(string target)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        foreach (string workload in (string[])["push", "batch16", "stream", "burst", "bcast"])
        {
            WorkloadSpec spec = ((DeliveryLoad)Load.Named(workload, isQuick: true)).Spec with { Users = Users, Rounds = 6 };

            DriveResult result = await DriveAsync(server, target, new DeliveryLoad(spec));

            Assert.Null(result.Fault);
            Assert.Equal(spec.Total, result.Received);
            if (target == "netra" && workload == "burst")
            {
                Assert.True(result[Figure.Coalesced] > 0, "Deltas of a batch scope were not joined.");
            }
        }
    }

    [LinuxTheory]
    [InlineData("netra", 0)]
    [InlineData("netra", 1024)]
    [InlineData("netra-system-net", 0)]
    [InlineData("kestrel-websocket", 0)]
    [InlineData("kestrel-websocket", 1024)]
    public async Task Drive_SomeReadNothingOrHardly_TheOthersGetAllOfTheirs(string target, int trickleBytes)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        WorkloadSpec spec = new("paced", Users, 0, 1, 300, Rate: 100, Seconds: 1);

        DriveResult result = await DriveAsync(server, target, new DeliveryLoad(spec, Timed: 2, Silent: 2, trickleBytes));

        Assert.Null(result.Fault);
        Assert.Equal(3 * 20, result.Received);
        Assert.Equal(2, result[Figure.SilentLeft]);
        Assert.True(result[Figure.EmitMicros] > 0);
        Assert.Equal(target != "kestrel-websocket", result[Figure.LogsMiB] > 0);
    }

    [LinuxTheory]
    [MemberData(nameof(Targets))]
    public async Task Drive_Echo_AllComesBack(string target)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        foreach (EchoLoad load in (EchoLoad[])[new(2, 30, 128, 1), new(2, 30, 100, 16), new(2, 5, 16 * 1024, 2)])
        {
            DriveResult result = await DriveAsync(server, target, load);

            Assert.Null(result.Fault);
            Assert.Equal(result.Expected, result.Received);
        }
    }

    [LinuxTheory]
    [MemberData(nameof(Targets))]
    public async Task Drive_Idle_CountsWhatIsThere(string target)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);

        DriveResult result = await DriveAsync(server, target, new IdleLoad(20));

        Assert.Null(result.Fault);
        Assert.Equal(20, result.Received);
    }

    [LinuxTheory]
    [MemberData(nameof(Targets))]
    public async Task Drive_Connect_AllAreWelcomedAndClosed(string target)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        foreach (ConnectLoad load in (ConnectLoad[])[new(20, 4), new(10, 10)])
        {
            DriveResult result = await DriveAsync(server, target, load);

            Assert.Null(result.Fault);
            Assert.Equal(load.Connections, result.Received);
            Assert.True(result[Figure.P99Ms] > 0);
            Assert.True(result[Figure.AllWelcomeMs] > 0);
        }
    }

    [LinuxTheory]
    [InlineData(Target.Listener)]
    public async Task Drive_OwnListener_IsFoundOnItsPort(string target)
    {
        await using StartedServer server = await StartedServer.StartAsync(target);
        WorkloadSpec spec = WorkloadSpec.Tput(Users, 6, 300);

        DriveResult result = await DriveAsync(server, target, new DeliveryLoad(spec));

        Assert.Null(result.Fault);
        Assert.Equal(spec.Total, result.Received);
    }

    private static Task<DriveResult> DriveAsync(StartedServer server, string target, Load load) =>
        Driver.RunAsync(new DriveOptions(server.Url, target, Environment.ProcessId, load, Warmups: 1, TestTimeout.Net), CancellationToken.None).OrFail();
}
