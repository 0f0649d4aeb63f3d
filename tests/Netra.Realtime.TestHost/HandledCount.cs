namespace Netra.Realtime.TestHost;

/// <summary>How many events the handler got, of each user.</summary>
internal sealed class HandledCount
{
    public SortedDictionary<string, int> OfUsers { get; } = new(StringComparer.Ordinal);
}
