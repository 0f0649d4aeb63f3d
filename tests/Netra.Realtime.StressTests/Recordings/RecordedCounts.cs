using System.Globalization;

namespace Netra.Realtime.StressTests.Recordings;

/// <summary>What the seeds of a test did, summed up: a test without faults or resets tests nothing of them.</summary>
internal sealed class RecordedCounts
{
    /// <summary>For several seeds at once.</summary>
    public Lock Gate { get; } = new();

    public int Seeds { get; set; }

    public int Events { get; set; }

    public int Told { get; set; }

    public int Faults { get; set; }

    /// <summary>Those of the lines that broke in the second half of what the last host of a seed emitted.</summary>
    public int LateFaults { get; set; }

    public int Resets { get; set; }

    public int Interrupted { get; set; }

    /// <summary>Events that had to come and did not, before later ones of their host: a reset was told for them.</summary>
    public int Skipped { get; set; }

    /// <summary>Events that died with their host.</summary>
    public int Unfinished { get; set; }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"seeds {Seeds}, events {Events}, told as {Told}, lines broken {Faults} ({LateFaults} of them late), resets {Resets}, skipped {Skipped}, died with their host {Unfinished}, runs interrupted {Interrupted}");
}
