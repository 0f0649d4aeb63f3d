using Microsoft.Extensions.Logging;

namespace Netra.Realtime.Runs;

/// <summary>Ids 1100 to 1199.</summary>
internal static partial class RunsLog
{
    [LoggerMessage(1100, LogLevel.Debug, "Run {RunId} ended: {Outcome}.", EventName = "RunEnded")]
    public static partial void Ended(ILogger logger, string runId, RunOutcome outcome);

    [LoggerMessage(1101, LogLevel.Error, "The agent of run {RunId} threw.", EventName = "AgentThrew")]
    public static partial void AgentThrew(ILogger logger, Exception exception, string runId);

    [LoggerMessage(1102, LogLevel.Warning, "{Count} runs did not end in time and were interrupted.", EventName = "RunsInterrupted")]
    public static partial void Interrupted(ILogger logger, int count);

    [LoggerMessage(1103, LogLevel.Warning, "A callback on the token of a run threw when it was cancelled.", EventName = "CancelCallbackThrew")]
    public static partial void CancelCallbackThrew(ILogger logger, Exception exception);
}
