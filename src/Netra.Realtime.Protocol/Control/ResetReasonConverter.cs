namespace Netra.Realtime.Protocol;

/// <summary>Whatever else was lost, the state is to be loaded anew.</summary>
internal sealed class ResetReasonConverter() : KnownNamesConverter<ResetReason>(ResetReason.LogLost);
