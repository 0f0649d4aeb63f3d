using Netra.Realtime.LoadTests.Comparing;
using Netra.Realtime.LoadTests.Driving;

namespace Netra.Realtime.FunctionalTests.LoadTests;

public sealed class ComparisonReportTests
{
    private static readonly Scenario OneOfTwo = new(
        "test", "What?", "This.", [("first", "one"), ("second", "two")], ["netra", "other"], [new("us", Figure.CpuMicros, "F1"), new("ms", Figure.P50Ms, "F1")]);

    [Fact]
    public void ToString_SeveralRuns_HasMediansAndTheMedianOfTheRatiosOfEachPass()
    {
        ComparisonReport report = new(OneOfTwo, "compare", isQuick: false);
        Add(report, 1, "one", "netra", 10);
        Add(report, 1, "one", "other", 5);
        Add(report, 2, "one", "netra", 100);
        Add(report, 2, "one", "other", 300);
        Add(report, 3, "one", "netra", 20);
        Add(report, 3, "one", "other", 20);

        Assert.Contains("| one | netra | 20.0 | 10.0-100.0 | 1.00 | - |", report.ToString(), StringComparison.Ordinal);
        Assert.Contains("| one | other | 20.0 | 5.0-300.0 | 1.00 | - |", report.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("Machine: ", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_PartsAreCompared_RatioIsToTheTargetsOwnFirstPart()
    {
        ComparisonReport report = new(OneOfTwo with { ComparesParts = true }, "compare", isQuick: false);
        Add(report, 1, "one", "netra", 10);
        Add(report, 1, "one", "other", 4);
        Add(report, 1, "two", "other", 6);

        Assert.Contains("| two | other | 6.0 | 6.0-6.0 | 1.50 | - |", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_ARunThatFailed_LeavesTheRowWithoutFigures()
    {
        ComparisonReport report = new(OneOfTwo, "compare", isQuick: false);
        Add(report, 1, "one", "netra", 10);
        report.Add(2, "one", new DriveResult { Target = "netra", Workload = "test", Fault = "missing 1" });

        Assert.Contains("| one | netra | no figures: missing 1 | ", report.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("| 10.0", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_FiguresInRows_HasAColumnForEachTargetAndNoneOfOneThatFailed()
    {
        ComparisonReport report = new(OneOfTwo with { HasFiguresInRows = true, Check = "it was seen" }, "compare", isQuick: false);
        Add(report, 1, "", "netra", 10);
        Add(report, 2, "", "netra", 30);
        Add(report, 1, "", "other", 5);
        report.Add(2, "", new DriveResult { Target = "other", Workload = "test", Fault = "it broke" });

        Assert.Contains("| what | netra | other |", report.ToString(), StringComparison.Ordinal);
        Assert.Contains("| us | 20.0 (10.0-30.0) | - |", report.ToString(), StringComparison.Ordinal);
        Assert.Contains("| no figures of other: it broke |", report.ToString(), StringComparison.Ordinal);
        Assert.Contains("Every run was checked: it was seen.", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_EachPart_IsALoadOfTheDriver()
    {
        Assert.All(Scenarios.All, scenario => Assert.All(scenario.Parts, part => Load.Named(part.Load, isQuick: false)));
        Assert.Equal(Load.Names.Order(), Scenarios.All.SelectMany(scenario => scenario.Parts).Select(part => part.Load).Order());
    }

    private static void Add(ComparisonReport report, int run, string part, string target, double micros) => report.Add(run, part, new DriveResult
    {
        Target = target,
        Workload = "test",
        Figures = new Dictionary<string, double>(StringComparer.Ordinal) { [Figure.CpuMicros] = micros },
    });
}
