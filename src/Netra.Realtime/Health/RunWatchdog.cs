using Microsoft.Extensions.Logging;
using Netra.Realtime.Diagnostics;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Health;

/// <summary>Ends runs that nothing is heard of any more: without an event for too long (<c>timed_out</c>), or with an owner that is gone (<c>interrupted</c>).</summary>
internal sealed class RunWatchdog(EventWriter writer, ILogger logger)
{
    private readonly SafeLogger _logger = SafeLogger.Of(logger);

    public void EndOverdue()
    {
        foreach ((UserSession session, OpenRun run, RunEnd end) in writer.Sessions.OverdueRuns())
        {
            bool hasTimedOut = end == RunEnd.TimedOut;
            if (!RunEnding.Fail(writer, session, run, hasTimedOut ? FailureReason.TimedOut : FailureReason.Interrupted).IsInLog)
            {
                continue; // it has just ended by itself
            }

            // The agent, if there still is one, is to stop too.
            RunCancellation.OnPool(run.Cancellation.Request, e => HealthLog.CancelCallbackThrew(_logger, e));
            if (hasTimedOut)
            {
                HealthLog.RunTimedOut(_logger, run.Id.Value, run.MaxSilence);
            }
            else
            {
                HealthLog.RunAbandoned(_logger, run.Id.Value);
            }
        }
    }
}
