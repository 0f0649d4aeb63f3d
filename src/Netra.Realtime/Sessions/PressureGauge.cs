namespace Netra.Realtime.Sessions;

/// <summary>What is looked at to know how hard pressed the host is.</summary>
public enum PressureGauge
{
    /// <summary>None of them: the host is not pressed.</summary>
    None,

    /// <summary>How much of <c>Retention.TotalBytes</c> the logs hold.</summary>
    LogBudget,

    /// <summary>How many work items wait for a thread of the pool.</summary>
    PoolQueue,

    /// <summary>How much of the memory that the garbage collector may use is in use.</summary>
    MemoryLoad,
}
