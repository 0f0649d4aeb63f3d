using Microsoft.Extensions.Logging;
using Netra.Realtime.Sessions;

namespace Netra.Realtime.Health;

/// <summary>Ids 1200 to 1299.</summary>
internal static partial class HealthLog
{
    [LoggerMessage(1200, LogLevel.Error, "The sweep failed; the next one will try again.", EventName = "SweepFailed")]
    public static partial void SweepFailed(ILogger logger, Exception exception);

    [LoggerMessage(1210, LogLevel.Warning, "Run {RunId} had no event for {MaxSilence} and was ended: raise RunStart.MaxSilence where that is in order.", EventName = "RunTimedOut")]
    public static partial void RunTimedOut(ILogger logger, string runId, TimeSpan maxSilence);

    [LoggerMessage(1211, LogLevel.Warning, "Run {RunId} was never ended and nobody holds it any more: dispose of its emitter.", EventName = "RunAbandoned")]
    public static partial void RunAbandoned(ILogger logger, string runId);

    [LoggerMessage(1212, LogLevel.Warning, "A callback on the token of a run threw when the watchdog cancelled it.", EventName = "RunCancelCallbackThrew")]
    public static partial void CancelCallbackThrew(ILogger logger, Exception exception);

    [LoggerMessage(1220, LogLevel.Warning, "The host is under pressure, {Stage}: {Gauge} is {Figure:0.###}, above {Threshold:0.###}.", EventName = "PressureRose")]
    public static partial void PressureRose(ILogger logger, PressureStage stage, PressureGauge gauge, double figure, double threshold);

    [LoggerMessage(1221, LogLevel.Information, "The pressure on the host has eased, {Stage}: {Gauge} is {Figure:0.###}, below {Threshold:0.###}.", EventName = "PressureEased")]
    public static partial void PressureEased(ILogger logger, PressureStage stage, PressureGauge gauge, double figure, double threshold);

    [LoggerMessage(1222, LogLevel.Error, "Looking at how hard pressed the host is failed; the next sample will try again.", EventName = "PressureSampleFailed")]
    public static partial void SampleFailed(ILogger logger, Exception exception);
}
