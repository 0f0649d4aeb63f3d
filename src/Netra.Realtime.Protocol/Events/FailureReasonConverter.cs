namespace Netra.Realtime.Protocol;

/// <summary>Reads and writes a <see cref="FailureReason"/> by its name on the wire. Whatever else ended a run, it failed.</summary>
public sealed class FailureReasonConverter : KnownNamesConverter<FailureReason>
{
    /// <summary>Makes one.</summary>
    public FailureReasonConverter()
        : base(FailureReason.Error)
    {
    }
}
