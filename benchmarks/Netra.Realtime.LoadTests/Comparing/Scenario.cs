namespace Netra.Realtime.LoadTests.Comparing;

/// <summary>What is compared in one table: one results file.</summary>
/// <param name="Name">Its name on the command line and in that of the file.</param>
/// <param name="Question">What the table answers.</param>
/// <param name="Meaning">What was done.</param>
/// <param name="Parts">What the driver is asked for, and what a row says about it.</param>
/// <param name="Targets">Who takes part.</param>
/// <param name="Columns">The figures; the first is the one that is compared.</param>
internal sealed record Scenario(
    string Name, string Question, string Meaning, (string Load, string Label)[] Parts, string[] Targets, Column[] Columns)
{
    /// <summary>Whether a row is compared with the same target's first part, instead of with netra's same part.</summary>
    public bool ComparesParts { get; init; }

    /// <summary>However few runs are asked for.</summary>
    public int LeastRuns { get; init; } = 1;

    /// <summary>What holds of every run that has figures.</summary>
    public string Check { get; init; } = "all came, once, in order, to whom it was for";

    /// <summary>A row for each figure and a column for each target, instead of the other way round; without ratios.</summary>
    public bool HasFiguresInRows { get; init; }

    /// <summary>Whether nothing leaves the process that measures.</summary>
    public bool IsOneProcess { get; init; }

    /// <summary>Takes so long that it only runs when it is named.</summary>
    public bool IsLong { get; init; }

    /// <summary>The file in which its table stands.</summary>
    public string File { get; init; } = $"compare-{Name}.md";
}
