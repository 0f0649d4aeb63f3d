using Netra.Realtime.TestSupport.Faults;

namespace Netra.Realtime.StressTests.Sockets;

/// <summary>What a seed makes of connections.</summary>
public sealed class FaultPlanTests
{
    [Fact]
    public void Plan_OfTheSameSeed_HasTheSameFaultsAndOfAnotherOthers()
    {
        FaultPlan plan = new(seed: 1, faults: 50, maxBytesToClient: 10_000);

        Assert.Equal(plan.Faults, new FaultPlan(seed: 1, faults: 50, maxBytesToClient: 10_000).Faults);
        Assert.NotEqual(plan.Faults, new FaultPlan(seed: 2, faults: 50, maxBytesToClient: 10_000).Faults);
    }

    [Fact]
    public void Plan_OfManyFaults_HasEveryKindOnBothSidesWithinTheBound()
    {
        FaultPlan plan = new(seed: 1, faults: 300, maxBytesToClient: 10_000);

        Assert.Equal((Enum.GetValues<FaultKind>().Length - 1) * 2, plan.Faults.Select(fault => (fault.Kind, fault.To)).Distinct().Count());
        Assert.All(plan.Faults, fault => Assert.InRange(fault.AfterBytes, 0, 9_999));
        Assert.DoesNotContain(plan.Faults, fault => fault.Kind == FaultKind.None);
    }

    [Fact]
    public void Plan_GivenOut_SaysWhatItHasDone()
    {
        FaultPlan plan = new(seed: 3, faults: 2, maxBytesToClient: 10_000, FaultKind.Reset);

        Fault given = plan.Next();

        Assert.Equal($"faults of seed 3, 1 of 2 done: Reset after {given.AfterBytes} to the {given.To}", plan.ToString());
        Assert.Equal(plan.Faults[1], plan.Next());
        Assert.Equal(Fault.None, plan.Next());
    }
}
