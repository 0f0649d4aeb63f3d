namespace Netra.Realtime.Protocol;

/// <summary>Reads and writes a <see cref="ToolStatus"/> by its name on the wire. Whatever else became of a call, it did not do what it was called for.</summary>
public sealed class ToolStatusConverter : KnownNamesConverter<ToolStatus>
{
    /// <summary>Makes one.</summary>
    public ToolStatusConverter()
        : base(ToolStatus.Failed)
    {
    }
}
