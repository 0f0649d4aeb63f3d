using Netra.Realtime.Health;
using Netra.Realtime.TestSupport;

namespace Netra.Realtime.FunctionalTests.Fixtures;

/// <summary>The heartbeat of tests that stop a peer: short usually, Production's own by the switch; and what follows from it.</summary>
internal static class TestHeartbeat
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(LongTests.Times(1, 25));

    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(LongTests.Times(5, 75));

    public static readonly int Missed = LongTests.Times(4, 2);

    /// <summary>From the last sign of life: the ping after it is due within an interval, and so many more are due unanswered, or the timeout is over.</summary>
    public static readonly TimeSpan GivenUpAfter = (Missed + 1) * Interval < Timeout ? (Missed + 1) * Interval : Timeout;

    /// <summary>A ping that was written just before the last sign of life is not waited for as long as that.</summary>
    public static readonly TimeSpan NotGivenUpBefore = GivenUpAfter - (2 * Interval);

    /// <summary>Production's by the switch; usually so long that the heartbeat is the first to give up.</summary>
    public static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(LongTests.Times(20, 2));

    /// <summary>From the last progress of a flush: the send timeout and its three retries.</summary>
    public static readonly TimeSpan FlushGivenUpAfter = 4.5 * SendTimeout;

    /// <summary>What a busy machine may add, where the heartbeat itself does not count it.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromSeconds(15);

    public static void Configure(HeartbeatOptions options) => (options.Interval, options.Timeout, options.Missed) = (Interval, Timeout, Missed);
}
