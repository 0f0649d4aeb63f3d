using Netra.Realtime.Protocol;

namespace Netra.Realtime.Client.Feed;

/// <summary>Nothing up to here will be sent again.</summary>
internal sealed record CursorItem(EventId Id) : FeedItem;
