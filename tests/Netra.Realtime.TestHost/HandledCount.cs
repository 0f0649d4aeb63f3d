namespace Netra.Realtime.TestHost;

/// <summary>How many events the handler got.</summary>
internal sealed class HandledCount
{
    public int Events { get; set; }
}
