namespace Netra.Realtime.Protocol;

/// <summary>Whatever else became of a call, it did not do what it was called for.</summary>
internal sealed class ToolStatusConverter() : KnownNamesConverter<ToolStatus>(ToolStatus.Failed);
