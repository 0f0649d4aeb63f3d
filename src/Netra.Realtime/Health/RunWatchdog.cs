using Microsoft.Extensions.Logging;
using Netra.Realtime.Emitters;
using Netra.Realtime.Protocol;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Health;

/// <summary>Ends runs that nothing is heard of any more: without an event for too long (<c>timed_out</c>), or with an owner that is gone (<c>interrupted</c>).</summary>
internal sealed class RunWatchdog(EventWriter writer, ILogger logger)
{
    public void EndOverdue()
    {
        foreach ((UserSession session, OpenRun run, RunEnd end) in writer.Sessions.OverdueRuns())
        {
            bool hasTimedOut = end == RunEnd.TimedOut;
            if (!RunEnding.Fail(writer, session, run, hasTimedOut ? FailureReason.TimedOut : FailureReason.Interrupted).IsInLog)
            {
                continue; // it has just ended by itself
            }

            CancelOnPool(run);
            SaySafely(run, hasTimedOut);
        }
    }

    private void SaySafely(OpenRun run, bool hasTimedOut)
    {
        try
        {
            if (hasTimedOut)
            {
                HealthLog.RunTimedOut(logger, run.Id.Value, run.MaxSilence);
            }
            else
            {
                HealthLog.RunAbandoned(logger, run.Id.Value);
            }
        }
        catch (Exception)
        {
            // A logger that throws must not leave the other runs to the next sweep.
        }
    }

    // The agent, if there still is one, is to stop too. Its callbacks are its own: they may block or throw.
    private void CancelOnPool(OpenRun run) => ThreadPool.UnsafeQueueUserWorkItem(
        static work =>
        {
            try
            {
                work.Run.Cancellation.Request();
            }
            catch (Exception e)
            {
                // An exception here would end the process; the run has ended all the same.
                ReportSafely(work.Logger, e);
            }
        },
        (Run: run, Logger: logger),
        preferLocal: false);

    private static void ReportSafely(ILogger logger, Exception thrown)
    {
        try
        {
            HealthLog.CancelCallbackThrew(logger, thrown);
        }
        catch (Exception)
        {
            // A logger that throws over an exception must not end the process either.
        }
    }
}
