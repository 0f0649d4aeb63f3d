namespace Netra.Realtime.Health;

/// <summary>
/// When the host does with less, so that those who are connected go on: above the first threshold of any gauge newcomers get 503,
/// above the second also <c>latest</c> and <c>volatile</c> events are refused. A threshold of 0 is none: with both at 0 a gauge is off.
/// </summary>
public sealed class DegradationOptions
{
    /// <summary>Between two looks at the gauges, on the average: they come unevenly, in step with nothing. Default 1 s, from 100 ms to 1 min.</summary>
    public TimeSpan SampleInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A stage is left when its gauge is below this share of its threshold. Default 0.9, from 0.1 to 1.</summary>
    public double RecoverBelow { get; set; } = 0.9;

    /// <summary>The share of <c>Retention.TotalBytes</c> above which newcomers are refused. Logs of users without connections give way before
    /// it counts. Default 0.9; 0 for never, or from 0.1 to 1.</summary>
    public double LogBudgetToRefuse { get; set; } = 0.9;

    /// <summary>The share of <c>Retention.TotalBytes</c> above which events are shed. Default 0.95; 0 for never, or from 0.1, above
    /// <see cref="LogBudgetToRefuse"/>, to 1.</summary>
    public double LogBudgetToShed { get; set; } = 0.95;

    /// <summary>The work items waiting for the thread pool above which newcomers are refused. Default 2,000; 0 for never, or at least 10.</summary>
    public int PoolQueueToRefuse { get; set; } = 2_000;

    /// <summary>The work items waiting for the thread pool above which events are shed. Default 10,000; 0 for never, or at least 10 and above
    /// <see cref="PoolQueueToRefuse"/>.</summary>
    public int PoolQueueToShed { get; set; } = 10_000;

    /// <summary>How many samples in a row the queue has to be above: an event to a large room fills it for a moment. Default 5, from 1 to 1,000.</summary>
    public int PoolQueueSamples { get; set; } = 5;

    /// <summary>The share of the memory that the garbage collector may use (in a container three quarters of its limit by default, else that of the machine)
    /// above which newcomers are refused; what other processes use counts. Default 0.95; 0 for never, or from 0.1 to 1.</summary>
    public double MemoryLoadToRefuse { get; set; } = 0.95;

    /// <summary>The share of that memory above which events are shed. Default 0.98; 0 for never, or from 0.1, above
    /// <see cref="MemoryLoadToRefuse"/>, to 1.</summary>
    public double MemoryLoadToShed { get; set; } = 0.98;
}
