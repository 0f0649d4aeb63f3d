namespace Netra.Realtime.Protocol;

/// <summary>Reads and writes a <see cref="ResetReason"/> by its name on the wire. Whatever else was lost, the state is to be loaded anew.</summary>
public sealed class ResetReasonConverter : KnownNamesConverter<ResetReason>
{
    /// <summary>Makes one.</summary>
    public ResetReasonConverter()
        : base(ResetReason.LogLost)
    {
    }
}
