using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Feed;

/// <summary>Something could not be read or was known in part only: what is open of the run, or of all, is not whole.</summary>
internal sealed record DoubtItem(RunId? Run) : FeedItem;
