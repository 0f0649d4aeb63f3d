namespace Netra.Realtime.Protocol;

/// <summary>Whatever else ended a run, it failed.</summary>
internal sealed class FailureReasonConverter() : KnownNamesConverter<FailureReason>(FailureReason.Error);
